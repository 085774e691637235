// SPDX-License-Identifier: Apache-2.0

// Writes lib/time/zoneinfo.zip, which Debian leaves out and package time tests itself with, as package time/tzdata holds it:
// go run zoneinfo.go GOROOT FILE. FILE.d names what it was made of.
package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"strconv"
)

// All strings of a file that has but one constant, in pieces.
func embedded(source string) (archive []byte, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		return nil, err
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && err == nil {
			var piece string
			piece, err = strconv.Unquote(literal.Value)
			archive = append(archive, piece...)
		}
		return err == nil
	})
	if err == nil && len(archive) == 0 {
		err = errors.New("no strings in " + source)
	}
	return archive, err
}

func main() {
	log.SetFlags(0)
	sources, _ := filepath.Glob(filepath.Join(os.Args[1], "src/time/tzdata/z*ipdata.go"))
	if len(sources) != 1 {
		log.Fatal("package time/tzdata holds no time zones")
	}
	archive, err := embedded(sources[0])
	if err == nil {
		err = os.WriteFile(os.Args[2], archive, 0o666)
	}
	if err == nil {
		err = os.WriteFile(os.Args[2]+".d", []byte("zones: "+sources[0]+"\n"), 0o666)
	}
	if err != nil {
		log.Fatal(err)
	}
}

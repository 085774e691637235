// SPDX-License-Identifier: Apache-2.0

// Packs the time zones of Debian's tzdata, which lies beside the library, into the archive that package time tests itself with:
// go run zoneinfo.go GOROOT FILE. FILE.d names what it was made of.
package main

import (
	"archive/zip"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	root, err := filepath.EvalSymlinks(filepath.Join(os.Args[1], "../../share/zoneinfo"))
	if err != nil {
		log.Fatal("no time zones beside the library: ", err)
	}
	out, err := os.Create(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	packed := zip.NewWriter(out)
	deps := "zones:"
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, root+"/")
		top, _, _ := strings.Cut(name, "/")
		if err != nil || entry.IsDir() || top == "posix" || top == "right" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		deps += " \\\n " + path
		file, err := packed.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = file.Write(data)
		}
		return err
	})
	if err == nil {
		err = packed.Close()
	}
	if err == nil {
		err = out.Close()
	}
	if err == nil {
		err = os.WriteFile(os.Args[2]+".d", []byte(deps+"\n"), 0o666)
	}
	if err != nil {
		log.Fatal(err)
	}
}

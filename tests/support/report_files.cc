// SPDX-License-Identifier: Apache-2.0
#include "tests/support/report_files.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace xtest {
namespace {

void collect(void* into, const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  *static_cast<std::string*>(into) += line;
}

}  // namespace

ReportFolder::ReportFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "xtest-reports-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder for the test");
  path_ = name;
}

ReportFolder::~ReportFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string slurp(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return "(there is no " + file.string() + ")";
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string xml_complaints(const std::filesystem::path& file) {
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> doc(
      xmlReadFile(file.c_str(), nullptr, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING), xmlFreeDoc);
  if (doc) return {};
  const xmlError* error = xmlGetLastError();
  return error && error->message ? error->message : "it cannot be parsed";
}

std::string schema_complaints(const std::filesystem::path& file) {
  const std::string schema_file = std::string(XTEST_SOURCE_DIR) + "/tests/data/junit-10.xsd";
  const std::unique_ptr<xmlSchemaParserCtxt, decltype(&xmlSchemaFreeParserCtxt)> parser(
      xmlSchemaNewParserCtxt(schema_file.c_str()), xmlSchemaFreeParserCtxt);
  const std::unique_ptr<xmlSchema, decltype(&xmlSchemaFree)> schema(xmlSchemaParse(parser.get()), xmlSchemaFree);
  if (!schema) return "the schema itself cannot be read";
  const std::unique_ptr<xmlSchemaValidCtxt, decltype(&xmlSchemaFreeValidCtxt)> checker(
      xmlSchemaNewValidCtxt(schema.get()), xmlSchemaFreeValidCtxt);
  std::string complaints;
  xmlSchemaSetValidErrors(checker.get(), collect, collect, &complaints);
  const int result = xmlSchemaValidateFile(checker.get(), file.c_str(), 0);
  return result == 0 || !complaints.empty() ? complaints : "it is not valid";
}

std::string golden_difference(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(XTEST_SOURCE_DIR) / "tests/golden/reports" / name;
  if (std::getenv("XTEST_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file, std::ios::binary) << text;
    return {};
  }
  const std::string golden = slurp(file);
  if (golden == text) return {};
  std::size_t at = 0;
  while (at < golden.size() && at < text.size() && golden[at] == text[at]) ++at;
  const std::size_t from = at < 60 ? 0 : at - 60;
  return name + " differs at byte " + std::to_string(at) + "\n  golden: " + golden.substr(from, 160) +
         "\n  now:    " + text.substr(from, 160);
}

}  // namespace xtest

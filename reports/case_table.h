// SPDX-License-Identifier: Apache-2.0
// The names behind the indexes: what every report must know of the listed cases.
//
// Fed with RunStarted and UnitListed events by the sink that owns it; names lie packed in one arena, about 60 bytes a
// case, so a table of 100,000 cases is 6 MB. Unknown indexes answer nothing (a record may be damaged), they never
// throw. Views point into the table and live until it is fed again.
#pragma once

#include "runner/model/event.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xtest {

struct CaseName {
  StreamIx stream = 0;
  std::string_view group, name, rung, source;
};

class CaseTable {
 public:
  void add(const RunStarted& run);
  void add(const UnitListed& unit);

  std::size_t size() const { return listed_; }
  std::size_t end() const { return rows_.size(); }                // indexes are below it, perhaps with holes
  std::optional<CaseName> find(CaseIx test) const;
  std::optional<StreamIx> stream_of(UnitIx unit) const;
  const std::vector<StreamInfo>& streams() const { return streams_; }
  std::string id(CaseIx test) const;                              // "probes::C1::cxx", or "case 7" when unknown
  const Stream& stream(StreamIx stream) const;                    // an empty one when unknown

 private:
  struct Piece { std::uint32_t at = 0, size = 0; };
  struct Row {
    StreamIx stream = 0;
    Piece name, group, source, rung;
    bool listed = false;
  };
  Piece keep(std::string_view text);
  Piece intern(const std::string& text);
  std::string_view view(Piece piece) const { return std::string_view(arena_).substr(piece.at, piece.size); }

  std::string arena_;
  std::unordered_map<std::string, Piece> interned_;
  std::vector<Row> rows_;
  std::vector<StreamIx> units_;
  std::vector<StreamInfo> streams_;
  std::size_t listed_ = 0;
};

}  // namespace xtest

// SPDX-License-Identifier: Apache-2.0
// An event as one line of JSON and back (docs/record.md); the one place that knows the schema.
//
// Keys have a fixed order; what is empty, zero or false is left out and comes back as its default. Text is UTF-8: a
// byte that is not reads `\xff` from then on, so print(parse(print(e))) == print(e) for every event. Captured outputs
// over `inline_output` bytes are handed to a KeepOutput and replaced by {"output_ref": sha256, "bytes": n}; a
// FetchOutput puts them back. Pure but for these two functions; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runner/model/event.h"

namespace xtest {

inline constexpr int record_schema = 1;
inline constexpr std::size_t inline_output = 4096;

// Stores a long output; its digest, or empty when it could not be stored (the event then holds its two ends).
using KeepOutput = std::function<std::string(std::string_view)>;
// The output of that digest and length, or a remark in its place.
using FetchOutput = std::function<std::string(const std::string&, std::uint64_t)>;

// Appends the line without its newline; with no `keep` every output stays inside.
void print_event(std::string& out, const Event& event, const KeepOutput& keep = {});

// The kind as it is written: "case_observed".
std::string_view event_name(const EventBody& body);

// Error: what cannot be understood, and "unknown event kind" or "newer" when another version wrote it.
std::expected<Event, std::string> parse_event(std::string_view line, const FetchOutput& fetch);

// The sequence number of a line that is JSON and has one, whoever wrote it.
std::optional<std::uint64_t> sequence_of(std::string_view line);

// The remark for an output that is not at hand.
std::string missing_output(std::string_view digest, std::uint64_t bytes);

}  // namespace xtest

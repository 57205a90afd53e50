// Which spans a sequence of tags marks.
#include <algorithm>
#include <array>

#include "grimoire/base/error.h"
#include "grimoire/metric/seqeval.h"

namespace grim {
namespace {

struct Tag {
  char prefix = 'O';
  std::string_view type;
};
constexpr std::string_view kNoType = "_";  // of a bare B or I

// conlleval's reading: the letter, and what stands behind the first hyphen after it.
Tag lenient(std::string_view tag) {
  const std::string_view rest = tag.substr(1);
  const size_t hyphen = rest.find('-');
  const std::string_view type = hyphen == std::string_view::npos ? rest : rest.substr(hyphen + 1);
  return {tag[0], type.empty() ? kNoType : type};
}
// seqeval's in its strict mode: the letter, and what stands behind it without hyphens at its ends.
Tag strict(std::string_view tag) {
  std::string_view type = tag.substr(1);
  while (type.starts_with('-')) type.remove_prefix(1);
  while (type.ends_with('-')) type.remove_suffix(1);
  return {tag[0], type.empty() ? kNoType : type};
}

bool ends(const Tag& before, const Tag& now) {
  const auto in = [](char c, std::string_view set) { return set.find(c) != std::string_view::npos; };
  if (in(before.prefix, "ES")) return true;
  if (in(before.prefix, "BI") && in(now.prefix, "BSO")) return true;
  return before.prefix != 'O' && before.prefix != '.' && before.type != now.type;
}
bool begins(const Tag& before, const Tag& now) {
  const auto in = [](char c, std::string_view set) { return set.find(c) != std::string_view::npos; };
  if (in(now.prefix, "BS")) return true;
  if (in(before.prefix, "ESO") && in(now.prefix, "EI")) return true;
  return now.prefix != 'O' && now.prefix != '.' && before.type != now.type;
}

std::vector<TagSpan> conlleval_spans(const Tags& tags) {
  std::vector<TagSpan> spans;
  Tag before{'O', kNoType};
  size_t begin = 0;
  for (size_t i = 0; i <= tags.size(); ++i) {
    GRIM_CHECK(i == tags.size() || !tags[i].empty(), input, "seqeval", "tag {} is empty", i + 1);
    const Tag now = i < tags.size() ? lenient(tags[i]) : lenient("O");
    if (ends(before, now)) spans.push_back({std::string(before.type), begin, i});
    if (begins(before, now)) begin = i;
    before = now;
  }
  return spans;
}

// A scheme as pairs of neighbours: which begin a span, go on with it, or end one in front of the second. '*' is any letter.
enum class Types : uint8_t { same, differ, any };
struct Pair {
  char before, now;
  Types types;
};
struct Grammar {
  std::string_view letters;
  std::span<const Pair> start, inside, end;
};
using enum Types;
// IOB1: B only between neighbours of one type. IOB2: B begins every span. IOE1, IOE2: E for their ends likewise.
constexpr Pair kIob1Start[] = {{'O', 'I', any}, {'I', 'I', differ}, {'B', 'I', any}, {'I', 'B', same}, {'B', 'B', same}};
constexpr Pair kIobInside[] = {{'B', 'I', same}, {'I', 'I', same}};
constexpr Pair kIob1End[] = {{'I', 'I', differ}, {'I', 'O', any}, {'I', 'B', any}, {'B', 'O', any}, {'B', 'I', differ}, {'B', 'B', same}};
constexpr Pair kIob2Start[] = {{'*', 'B', any}};
constexpr Pair kIob2End[] = {{'I', 'O', any}, {'I', 'I', differ}, {'I', 'B', any}, {'B', 'O', any}, {'B', 'I', differ}, {'B', 'B', any}};
constexpr Pair kIoe1Start[] = {{'O', 'I', any}, {'I', 'I', differ}, {'E', 'I', any}, {'E', 'E', same}};
constexpr Pair kIoeInside[] = {{'I', 'I', same}, {'I', 'E', same}};
constexpr Pair kIoe1End[] = {{'I', 'I', differ}, {'I', 'O', any}, {'I', 'E', differ}, {'E', 'I', same}, {'E', 'E', same}};
constexpr Pair kIoe2Start[] = {{'O', 'I', any}, {'O', 'E', any}, {'E', 'I', any}, {'E', 'E', any}, {'I', 'I', differ}, {'I', 'E', differ}};
constexpr Pair kIoe2End[] = {{'E', '*', any}};
constexpr Pair kIobesStart[] = {{'*', 'B', any}, {'*', 'S', any}};
constexpr Pair kIobesInside[] = {{'B', 'I', same}, {'B', 'E', same}, {'I', 'I', same}, {'I', 'E', same}};
constexpr Pair kIobesEnd[] = {{'S', '*', any}, {'E', '*', any}};
constexpr Pair kBilouStart[] = {{'*', 'B', any}, {'*', 'U', any}};
constexpr Pair kBilouInside[] = {{'B', 'I', same}, {'B', 'L', same}, {'I', 'I', same}, {'I', 'L', same}};
constexpr Pair kBilouEnd[] = {{'U', '*', any}, {'L', '*', any}};

Grammar grammar_of(TagScheme scheme) {
  switch (scheme) {
    case TagScheme::iob1: return {"IOB", kIob1Start, kIobInside, kIob1End};
    case TagScheme::iob2: return {"IOB", kIob2Start, kIobInside, kIob2End};
    case TagScheme::ioe1: return {"IOE", kIoe1Start, kIoeInside, kIoe1End};
    case TagScheme::ioe2: return {"IOE", kIoe2Start, kIoeInside, kIoe2End};
    case TagScheme::iobes: return {"IOBES", kIobesStart, kIobesInside, kIobesEnd};
    case TagScheme::bilou: return {"BILOU", kBilouStart, kBilouInside, kBilouEnd};
    case TagScheme::conlleval: break;
  }
  return {};
}

bool holds(std::span<const Pair> pairs, const Tag& before, const Tag& now) {
  return std::ranges::any_of(pairs, [&](const Pair& p) {
    return (p.before == '*' || p.before == before.prefix) && (p.now == '*' || p.now == now.prefix) &&
           (p.types == any || (before.type == now.type) == (p.types == same));
  });
}

std::vector<TagSpan> strict_spans(const Tags& given, TagScheme scheme) {
  const Grammar g = grammar_of(scheme);
  std::vector<Tag> tags;
  for (size_t i = 0; i < given.size(); ++i) {
    GRIM_CHECK(!given[i].empty() && g.letters.find(given[i][0]) != std::string_view::npos, input, "seqeval",
               "tag {} is '{}', and tags of {} begin with one of {}", i + 1, given[i], name_of(scheme), g.letters);
    tags.push_back(strict(given[i]));
  }
  tags.push_back({'O', kNoType});
  std::vector<TagSpan> spans;
  for (size_t i = 0; i < tags.size();) {
    const Tag before = i > 0 ? tags[i - 1] : tags.back();
    if (!holds(g.start, before, tags[i])) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < tags.size() && holds(g.inside, tags[end - 1], tags[end])) ++end;
    if (end < tags.size() && holds(g.end, tags[end - 1], tags[end])) spans.push_back({std::string(tags[i].type), i, end});
    i = end;
  }
  return spans;
}

}  // namespace

const char* name_of(TagScheme scheme) {
  constexpr const char* names[] = {"default", "IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU"};
  return names[static_cast<size_t>(scheme)];
}

std::vector<TagSpan> spans_of(const Tags& tags, TagScheme scheme) {
  return scheme == TagScheme::conlleval ? conlleval_spans(tags) : strict_spans(tags, scheme);
}

}  // namespace grim

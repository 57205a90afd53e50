#include "grimoire/text/added_tokens.h"

#include <algorithm>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

// The character that ends at `end`.
char32_t last_before(std::string_view text, size_t end) {
  size_t at = end - 1;
  while (at > 0 && end - at < 4 && continues_character(text[at])) --at;
  return next_code_point(text, at);
}

size_t space_left_of(std::string_view text, size_t at, size_t least) {
  while (at > least && class_of(last_before(text, at)).space()) {
    --at;
    while (at > least && continues_character(text[at])) --at;
  }
  return at;
}

size_t space_right_of(std::string_view text, size_t at) {
  for (size_t next = at; at < text.size(); at = next)
    if (!class_of(next_code_point(text, next)).space()) break;
  return at;
}

}  // namespace

AddedToken AddedToken::from_json(const Json& json) {
  return {json.integer("id"), json.text("content"), json.boolean("single_word", false), json.boolean("lstrip", false), json.boolean("rstrip", false),
          json.boolean("normalized", true), json.boolean("special", false)};
}

Json AddedToken::to_json() const {
  return Json::object({{"id", id}, {"content", content}, {"single_word", single_word}, {"lstrip", lstrip}, {"rstrip", rstrip}, {"normalized", normalized},
                       {"special", special}});
}

void AddedTokenFinder::add(std::string_view content, const AddedToken& token) {
  if (content.empty()) return;
  int32_t node = 0;
  for (char c : content) {
    const auto byte = static_cast<uint8_t>(c);
    auto& children = nodes_[static_cast<size_t>(node)].children;
    const auto at = std::ranges::lower_bound(children, byte, {}, &std::pair<uint8_t, int32_t>::first);
    if (at != children.end() && at->first == byte) {
      node = at->second;
    } else {
      const auto fresh = static_cast<int32_t>(nodes_.size());
      children.insert(at, {byte, fresh});
      nodes_.emplace_back();
      node = fresh;
    }
  }
  nodes_[static_cast<size_t>(node)].token = static_cast<int32_t>(tokens_.size());
  tokens_.push_back({static_cast<int32_t>(token.id), token.single_word, token.lstrip, token.rstrip, token.special});
  bool& begins = begins_[static_cast<uint8_t>(content[0])];
  begins_count_ += !begins;
  begins = true;
  only_ = content[0];
}

size_t AddedTokenFinder::next_candidate(std::string_view text, size_t from) const {
  if (begins_count_ == 1) return std::min(text.find(only_, from), text.size());
  while (from < text.size() && !begins_[static_cast<uint8_t>(text[from])]) ++from;
  return from;
}

void AddedTokenFinder::split(std::string_view text, bool skip_special, std::vector<Piece>& pieces) const {
  size_t done = 0;
  const auto longest_at = [&](size_t at) -> std::optional<std::pair<size_t, const Entry*>> {
    std::optional<std::pair<size_t, const Entry*>> best;
    int32_t node = 0;
    for (size_t i = at; i < text.size(); ++i) {
      const auto& children = nodes_[static_cast<size_t>(node)].children;
      const auto child = std::ranges::lower_bound(children, static_cast<uint8_t>(text[i]), {}, &std::pair<uint8_t, int32_t>::first);
      if (child == children.end() || child->first != static_cast<uint8_t>(text[i])) break;
      node = child->second;
      if (const int32_t token = nodes_[static_cast<size_t>(node)].token; token >= 0) best = {i + 1, &tokens_[static_cast<size_t>(token)]};
    }
    return best;
  };
  for (size_t at = begins_count_ ? next_candidate(text, 0) : text.size(); at < text.size();) {
    const auto found = longest_at(at);
    if (!found) {
      at = next_candidate(text, at + 1);
      continue;
    }
    size_t begin = at, end = found->first;
    const Entry& token = *found->second;
    at = next_candidate(text, end);
    if (skip_special && token.special) continue;
    if (token.single_word) {
      size_t behind = end;
      const bool alone = (begin == 0 || !class_of(last_before(text, begin)).word()) && (end == text.size() || !class_of(next_code_point(text, behind)).word());
      if (!alone) continue;
    }
    if (token.lstrip) begin = space_left_of(text, begin, done);
    begin = std::max(begin, done);
    if (token.rstrip) end = space_right_of(text, end);
    if (end <= begin) continue;
    if (done < begin) pieces.push_back({done, begin, -1});
    pieces.push_back({begin, end, token.id});
    done = end;
  }
  if (done < text.size()) pieces.push_back({done, text.size(), -1});
}

}  // namespace grim

#include "grimoire/text/aligned_text.h"

#include <algorithm>

#include "grimoire/base/machine.h"
#include "grimoire/base/utf8.h"

namespace grim {

AlignedText::AlignedText(std::string_view original, uint32_t at) : text_(original), start_(at) {}

ByteRange AlignedText::character_at(size_t i) const {
  size_t begin = i;
  for (int back = 0; back < 3 && begin > 0 && continues_character(text_[begin]); ++back) --begin;
  size_t end = begin;
  next_code_point(text_, end);
  if (end <= i) begin = i, end = i + 1;  // a malformed byte
  return {start_ + static_cast<uint32_t>(begin), start_ + static_cast<uint32_t>(end)};
}

void AlignedText::append_origins(const AlignedText& from, size_t begin, size_t end) {
  if (!from.as_written_) {
    origins_.insert(origins_.end(), from.origins_.begin() + static_cast<ptrdiff_t>(begin), from.origins_.begin() + static_cast<ptrdiff_t>(end));
    return;
  }
  for (size_t i = begin; i < end;) {
    const ByteRange character = from.character_at(i);
    for (const size_t last = std::min<size_t>(character.end - from.start_, end); i < last; ++i) origins_.push_back(character);
  }
}

void AlignedText::list_origins() {
  if (!as_written_) return;
  reserve_to_fill(origins_, text_.size());
  append_origins(*this, 0, text_.size());
  as_written_ = false;
}

AlignedText AlignedText::slice(size_t begin, size_t end) const {
  AlignedText part;
  part.text_ = text_.substr(begin, end - begin);
  const auto inside = [&](size_t i) { return i < text_.size() && continues_character(text_[i]); };
  part.as_written_ = as_written_ && !inside(begin) && !inside(end);
  if (!part.as_written_) part.append_origins(*this, begin, end);
  part.start_ = part.empty() ? start_ : origin_of(begin).begin;
  return part;
}

void AlignedText::prepend(std::string_view s) {
  if (empty()) return;
  list_origins();
  text_.insert(0, s);
  origins_.insert(origins_.begin(), s.size(), ByteRange(origins_.front()));
}

void AlignedText::append(std::string_view s) {
  if (empty()) return;
  list_origins();
  text_ += s;
  origins_.insert(origins_.end(), s.size(), ByteRange(origins_.back()));
}

TextRewrite::TextRewrite(const AlignedText& from) : from_(from) {
  to_.start_ = from.start_;
  to_.as_written_ = false;
  reserve_to_fill(to_.text_, from.text_.size());
  reserve_to_fill(to_.origins_, from.text_.size());
}

void TextRewrite::put(char32_t c, int change) {
  ByteRange origin = {from_.start_, from_.start_};
  if (change <= 0) origin = from_.origin_of(std::min(at_, from_.text_.size() - 1));
  else if (at_ > 0) origin = from_.origin_of(at_ - 1);
  append_utf8(to_.text_, c);
  while (to_.origins_.size() < to_.text_.size()) to_.origins_.push_back(origin);
  if (change <= 0)
    for (int i = 0; i <= -change && at_ < from_.text_.size(); ++i) next_code_point(from_.text_, at_);
}

void TextRewrite::put(std::string_view characters, int change) {
  for (size_t i = 0; i < characters.size(); change = 1) put(next_code_point(characters, i), change);
}

void TextRewrite::keep(size_t bytes) {
  to_.text_.append(from_.text_, at_, bytes);
  to_.append_origins(from_, at_, at_ + bytes);
  at_ += bytes;
}

void TextRewrite::drop(size_t bytes) { at_ += bytes; }

AlignedText rewritten(const AlignedText& from, std::span<const TextChange> to) {
  TextRewrite rewrite(from);
  for (const TextChange& change : to) rewrite.put(change.c, change.change);
  return rewrite.done();
}

}  // namespace grim

#include "grimoire/text/aligned_text.h"

#include "grimoire/base/machine.h"
#include "grimoire/base/utf8.h"

namespace grim {

AlignedText::AlignedText(std::string_view original, uint32_t at) : text_(original), start_(at) {
  reserve_to_fill(origins_, original.size());
  for (size_t i = 0; i < original.size();) {
    const size_t begin = i;
    next_code_point(original, i);
    origins_.insert(origins_.end(), i - begin, ByteRange{at + static_cast<uint32_t>(begin), at + static_cast<uint32_t>(i)});
  }
}

AlignedText AlignedText::slice(size_t begin, size_t end) const {
  AlignedText part;
  part.text_ = text_.substr(begin, end - begin);
  part.origins_.assign(origins_.begin() + static_cast<ptrdiff_t>(begin), origins_.begin() + static_cast<ptrdiff_t>(end));
  part.start_ = part.empty() ? start_ : part.origins_.front().begin;
  return part;
}

ByteRange AlignedText::origin(size_t begin, size_t end) const { return {origins_[begin].begin, origins_[end - 1].end}; }

void AlignedText::prepend(std::string_view s) {
  if (empty()) return;
  text_.insert(0, s);
  origins_.insert(origins_.begin(), s.size(), ByteRange(origins_.front()));
}

void AlignedText::append(std::string_view s) {
  if (empty()) return;
  text_ += s;
  origins_.insert(origins_.end(), s.size(), ByteRange(origins_.back()));
}

TextRewrite::TextRewrite(const AlignedText& from) : from_(from) {
  to_.start_ = from.start_;
  reserve_to_fill(to_.text_, from.text_.size());
  reserve_to_fill(to_.origins_, from.text_.size());
}

void TextRewrite::put(char32_t c, int change) {
  const std::vector<ByteRange>& old = from_.origins_;
  const ByteRange origin = change > 0 ? (at_ == 0 ? ByteRange{from_.start_, from_.start_} : old[at_ - 1]) : at_ < old.size() ? old[at_] : old.back();
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
  const auto begin = from_.origins_.begin() + static_cast<ptrdiff_t>(at_);
  to_.origins_.insert(to_.origins_.end(), begin, begin + static_cast<ptrdiff_t>(bytes));
  at_ += bytes;
}

void TextRewrite::drop(size_t bytes) { at_ += bytes; }

}  // namespace grim

#include "grimoire/text/token_stream.h"

#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

std::vector<int64_t> joined(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::vector<int64_t> both = a;
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

}  // namespace

// Of the first pending tokens.
std::string TokenStream::fresh(size_t count) const {
  const std::vector<int64_t> first(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(count));
  const std::string all = tokenizer_.decode(joined(joined(anchor_, last_), first), specials_);
  return all.starts_with(given_) ? all.substr(given_.size()) : tokenizer_.decode(first, specials_);
}

std::string TokenStream::give(size_t count) {
  std::string text = fresh(count);
  const auto end = pending_.begin() + static_cast<ptrdiff_t>(count);
  std::vector<int64_t> given(pending_.begin(), end);
  pending_.erase(pending_.begin(), end);
  if (!tokenizer_.decode(given, specials_).empty()) {
    anchor_ = std::move(given);
    last_.clear();
  } else {
    last_ = std::move(given);
  }
  given_ = tokenizer_.decode(joined(anchor_, last_), specials_);
  return text;
}

std::string TokenStream::put(int64_t id) {
  constexpr size_t kMost = 3;  // tokens that a part of a character may be spread over, for it has at most three bytes
  GRIM_CHECK(id >= 0 && id < tokenizer_.vocab_size(), argument, "tokenizer", "id: got {}, expected 0 to {}", id, tokenizer_.vocab_size() - 1);
  if (specials_ == Specials::leave_out && tokenizer_.is_special(id)) return {};
  pending_.push_back(id);
  const std::string text = fresh(pending_.size());
  if (text.empty()) {  // a second one that adds nothing would add nothing later
    if (pending_.size() > 1 && pending_[pending_.size() - 2] == id) pending_.pop_back();
    return {};
  }
  // Decoders write U+FFFD for bytes that are no character yet.
  if (!ends_in_part_of_character(text) && !text.ends_with("\ufffd")) return give(pending_.size());
  return pending_.size() > kMost ? give(pending_.size() - kMost) : std::string();
}

std::string TokenStream::rest() {
  std::string text = fresh(pending_.size());
  anchor_.clear(), last_.clear(), pending_.clear(), given_.clear();
  return text;
}

}  // namespace grim

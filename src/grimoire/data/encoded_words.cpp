#include "grimoire/data/encoded_words.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

using Pieces = std::vector<std::vector<int64_t>>;  // of each word

// Does a word behind another differ from one at the beginning? Byte-level pieces carry the blank before them.
bool wants_blank(const Tokenizer& tokenizer) {
  const auto joined = [](std::vector<int64_t> ids, const std::vector<int64_t>& more) {
    ids.insert(ids.end(), more.begin(), more.end());
    return ids;
  };
  const std::vector<int64_t> word = tokenizer.encode("a"), text = tokenizer.encode("a a");
  return text != joined(word, word) && text == joined(word, tokenizer.encode(" a"));
}

Pieces pieces_of(const Tokenizer& tokenizer, const TaggedSentences& sentences) {
  constexpr int64_t kAtOnce = 1024;  // words that a thread takes: about a millisecond
  const std::string before = wants_blank(tokenizer) ? " " : "";
  Pieces pieces(sentences.words.size());
  device::parallel_for(std::ssize(pieces), kAtOnce, [&](int64_t begin, int64_t end) {
    for (auto w = static_cast<size_t>(begin); w < static_cast<size_t>(end); ++w) {
      pieces[w] = tokenizer.encode(before + sentences.words[w], sentences.source, sentences.lines[w]);
      if (!pieces[w].empty()) continue;
      GRIM_CHECK(tokenizer.unknown(), input, "tags", "{}: the tokenizer leaves nothing of the word '{}', and has no token for what is unknown",
                 sentences.place(static_cast<int64_t>(w)), sentences.words[w]);
      pieces[w] = {*tokenizer.unknown()};
    }
  });
  return pieces;
}

// The special tokens before a text and behind it, as the tokenizer puts them around one.
struct Around {
  Encoding before, behind;
  int64_t type = 0;  // of what stands between
  explicit Around(const Tokenizer& tokenizer) {
    const Encoding e = tokenizer.encode_with("a", {.truncation = TokenTruncation{}});
    bool inside = false;
    for (size_t i = 0; i < e.size(); ++i) {
      if (!e.attention[i]) continue;  // padding
      if (!e.special[i]) inside = true, type = e.type_ids[i];
      else (inside ? behind : before).push(e.ids[i], {}, -1, e.type_ids[i], -1, true);
    }
  }
  int64_t size() const { return static_cast<int64_t>(before.size() + behind.size()); }
};

// Words [begin, end) are read, and those before `answered` that no window answered yet are answered.
struct WordWindow {
  int64_t begin, end, answered;
};

std::vector<WordWindow> windows_of(const Pieces& pieces, int64_t begin, int64_t end, int64_t room, int64_t stride) {
  const auto size = [&](int64_t word) { return std::min(room, std::ssize(pieces[static_cast<size_t>(word)])); };
  std::vector<WordWindow> windows;
  for (int64_t from = begin; from < end;) {
    int64_t to = from, tokens = 0;
    while (to < end && tokens + size(to) <= room) tokens += size(to++);
    if (to == end) {
      windows.push_back({from, to, to});
      break;
    }
    int64_t next = to, shared = 0;
    while (next - 1 > from && shared + size(next - 1) <= stride) shared += size(--next);
    while (shared + size(to) > room) shared -= size(next++);  // the next window has to reach farther than this one
    windows.push_back({from, to, next + (to - next + 1) / 2});
    from = next;
  }
  return windows;
}

}  // namespace

EncodedWords::EncodedWords(const Tokenizer& tokenizer, const TaggedSentences& sentences, const TextWindows& windows) {
  GRIM_CHECK(windows.longer == LongTexts::window || windows.longer == LongTexts::refuse, argument, "tags",
             "a part of a long sentence is to be read: expected all of it, since every word is answered");
  const Pieces pieces = pieces_of(tokenizer, sentences);
  const Around around(tokenizer);
  const int64_t room = windows.most - around.size(), stride = std::min(windows.stride, room / 2);
  GRIM_CHECK(room > 0 && stride >= 0, argument, "tags", "windows of {} tokens that share {}: expected more than the {} that stand around a text", windows.most,
             windows.stride, around.size());
  for (const std::vector<int64_t>& word : pieces) cut_ += std::ssize(word) > room;
  for (int64_t s = 0; s < sentences.sentences(); ++s) {
    const int64_t first = sentences.begins[static_cast<size_t>(s)], last = sentences.begins[static_cast<size_t>(s) + 1];
    const std::vector<WordWindow> own = windows_of(pieces, first, last, room, stride);
    longer_ += own.size() > 1;
    GRIM_CHECK(own.size() < 2 || windows.longer == LongTexts::window, input, "tags", "{}: the sentence has more than {} tokens", sentences.place(first),
               windows.most);
    for (const WordWindow& window : own) {
      Encoding tokens = around.before;
      for (int64_t w = window.begin; w < window.end; ++w) {
        if (w >= words() && w < window.answered) first_.push_back(static_cast<int32_t>(tokens.size()));
        const std::vector<int64_t>& ids = pieces[static_cast<size_t>(w)];
        for (int64_t i = 0; i < std::min(room, std::ssize(ids)); ++i)
          tokens.push(ids[static_cast<size_t>(i)], {}, static_cast<int32_t>(w - window.begin), around.type, 0, false);
      }
      tokens.append(around.behind);
      begin_.push_back(words());
      windows_.add(tokens, windows_.texts());
    }
  }
}

WordBatch EncodedWords::batch(std::span<const int64_t> windows) const {
  WordBatch batch{.tokens = windows_.batch(windows), .firsts = {}, .words = {}};
  std::vector<int64_t> firsts;
  for (size_t i = 0; i < windows.size(); ++i)
    for (int64_t w = begin_[static_cast<size_t>(windows[i])]; w < begin_[static_cast<size_t>(windows[i]) + 1]; ++w) {
      batch.words.push_back(w);
      firsts.push_back(batch.tokens.offsets[i] + first_[static_cast<size_t>(w)]);
    }
  batch.firsts = Tensor::from<int64_t>(firsts, {std::ssize(firsts)});
  return batch;
}

}  // namespace grim

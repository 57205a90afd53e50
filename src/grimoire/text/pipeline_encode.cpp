// How a PipelineTokenizer cuts a text into tokens: the right way, through every stage, and the fast one, by parts that were met before.
#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_graphic(char c) { return c > ' ' && c < 0x7f; }
bool is_ascii_punctuation(char c) { return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~'); }

}  // namespace

// Gives the tokens of a word to `use` as soon as they are sure, so that a long one takes no more memory than a short one.
template <class Use> void PipelineTokenizer::tokenize(std::string_view word, Work& work, Use&& use) const {
  constexpr size_t kLong = 4096;
  const auto take = [&] {
    for (const Token& t : work.tokens) use(t);
    work.tokens.clear();
  };
  work.tokens.clear();
  if (word.size() >= kLong) return parts_.model->tokenize_long(word, work.sum, work.tokens, take);
  parts_.model->tokenize_behind(word, work.sum, work.tokens);
  take();
}

template <class Put> int32_t PipelineTokenizer::encode_piece(std::string_view piece, uint32_t at, bool special_text, Work& work, Put&& put) const {
  int32_t word = 0;
  const auto encode_words = [&](AlignedText text) {
    pre_tokenizer_->split(std::move(text), [&](const AlignedText& w) {
      tokenize(w.text(), work, [&](const Token& t) { put(t.id, w.origin(t.begin, t.end), word); });
      ++word;
    });
  };
  AlignedText text(piece, at);
  normalizer_->apply(text);
  if (in_normalized_text_.empty() || normalizer_->is_identity()) {  // nothing to be found, or found already
    encode_words(std::move(text));
    return word;
  }
  std::vector<AddedTokenFinder::Piece> between;
  in_normalized_text_.split(text.text(), special_text, between);
  for (const AddedTokenFinder::Piece& p : between) {
    if (p.id < 0) {
      encode_words(text.slice(p.begin, p.end));
      continue;
    }
    put(p.id, text.origin(p.begin, p.end), word);
    ++word;
  }
  return word;
}

template <class Put> bool PipelineTokenizer::encode_marked(std::string_view part, uint32_t at, Work& work, Put&& put) const {
  const std::string_view mark = at > 0 ? normalizer_->mark_of(part[0]) : std::string_view();
  if (mark.empty() || part.size() < 2 || !std::all_of(part.begin() + 1, part.end(), is_graphic)) return false;
  work.word.assign(mark).append(part, 1);
  const auto size = static_cast<uint32_t>(mark.size());  // which stands for one byte of the text, each of its bytes for all of that
  const auto place = [&](uint32_t i, uint32_t in_mark) { return at + (i < size ? in_mark : i + 1 - size); };
  tokenize(work.word, work, [&](const Token& t) { put(t.id, ByteRange{place(t.begin, 0), place(t.end, 1)}, 0); });
  return true;
}

template <class Put> int32_t PipelineTokenizer::encode_part(std::string_view part, uint32_t at, Work& work, Put&& put) const {
  if (!raw_words_) return encode_marked(part, at, work, put) ? 1 : encode_piece(part, at, false, work, put);
  const auto inside = [&](uint32_t i) { return i < part.size() && continues_character(part[i]); };
  tokenize(part, work, [&](Token t) {  // what is a part of a character, of four bytes at most, stands for all of it
    for (int i = 0; i < 3 && t.begin > 0 && inside(t.begin); ++i) --t.begin;
    for (int i = 0; i < 3 && inside(t.end); ++i) ++t.end;
    put(t.id, ByteRange{at + t.begin, at + t.end}, 0);
  });
  return 1;
}

namespace {

bool below_u0300(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<uint8_t>(c) < 0xcc; });
}

// The end of the part that begins at `at`; `at` moves on over what is dropped before it, to the end of the text when nothing is left.
size_t part_end(const CutRule& rule, std::string_view text, size_t& at) {
  const auto run = [&](auto&& ends) {
    size_t end = at;
    while (end < text.size() && !ends(text[end])) ++end;
    return end;
  };
  const auto before_blanks = [&](auto&& blank) {
    size_t end = at;
    while (end < text.size() && (end == at || !blank(text[end]) || !is_graphic(text[end - 1]))) ++end;
    return end;
  };
  switch (rule.cuts) {
    case Cuts::pattern: return rule.scanner(text, at);
    case Cuts::words:
      while (at < text.size() && is_blank(text[at])) ++at;
      if (at < text.size() && is_ascii_punctuation(text[at])) return at + 1;
      return run([](char c) { return is_blank(c) || is_ascii_punctuation(c); });
    case Cuts::blanks:
      while (at < text.size() && is_blank(text[at])) ++at;
      return run(is_blank);
    case Cuts::spaces: return before_blanks([](char c) { return c == ' '; });
    case Cuts::lines: return before_blanks([](char c) { return c == ' ' || c == '\n'; });
    default: return text.size();
  }
}

}  // namespace

std::vector<AddedTokenFinder::Piece> PipelineTokenizer::raw_pieces(std::string_view text, bool special_text) const {
  std::vector<AddedTokenFinder::Piece> pieces, all;
  in_raw_text_.split(text, special_text, pieces);
  if (in_normalized_text_.empty() || !normalizer_->is_identity()) return pieces;
  for (const AddedTokenFinder::Piece& p : pieces) {  // a text that is not changed is its normalised text
    if (p.id >= 0) {
      all.push_back(p);
      continue;
    }
    const size_t first = all.size();
    in_normalized_text_.split(text.substr(p.begin, p.end - p.begin), special_text, all);
    for (size_t i = first; i < all.size(); ++i) all[i].begin += p.begin, all[i].end += p.begin;
  }
  return all;
}

CutRule PipelineTokenizer::rule_for(std::string_view piece) const {
  if (cut_.cuts == Cuts::pattern && !normalizer_->is_identity() && !below_u0300(piece)) return {};
  return cut_;
}

template <class Put>
int32_t PipelineTokenizer::for_each_of_parts(std::string_view text, size_t begin, size_t end, const CutRule& rule, WordCache& cache, Work& work, int32_t word,
                                             Put&& put) const {
  struct Part {
    size_t at, size;
    WordCache::Place place;
  };
  constexpr size_t kAhead = 8;  // parts that are looked for in the cache while those before them are put
  Part parts[kAhead];
  const std::string_view piece = text.substr(begin, end - begin);
  const std::span<const float> weights = parts_.model->weights();
  const bool first_is_special = begin == 0 && (rule.cuts == Cuts::spaces || rule.cuts == Cuts::lines);
  const bool lines_are_spaces = rule.cuts == Cuts::lines && !normalizer_->mark_of(' ').empty() && normalizer_->mark_of('\n') == normalizer_->mark_of(' ');
  const int32_t first_word = word;
  for (size_t at = 0; at < piece.size();) {
    size_t count = 0;
    while (count < kAhead && at < piece.size()) {
      const size_t part_ends = part_end(rule, piece, at), size = part_ends - at;
      if (size == 0) break;
      const bool keeps = size <= WordCache::kLongest && !(at == 0 && first_is_special);
      const char first = lines_are_spaces && piece[at] == '\n' ? ' ' : piece[at];
      parts[count++] = {begin + at, size, keeps ? cache.place_of(piece.data() + at, size, text.size() - begin - at, first) : WordCache::Place{}};
      at = part_ends;
    }
    if (count == 0) break;
    for (const Part& part : std::span(parts).first(count)) {
      const auto offset = static_cast<uint32_t>(part.at);
      const WordCache::Slot* const slot = WordCache::find(part.place);
      if (slot && (weights.empty() || work.sum.holds(slot->holds_below))) {
        for (size_t i = 0; i < slot->tokens; ++i) {
          if (!weights.empty()) work.sum.value += weights[static_cast<size_t>(slot->ids[i])];
          put(slot->ids[i], offset + slot->begin[i], offset + slot->end[i], word + slot->word[i]);
        }
        word += slot->words;
        continue;
      }
      work.sum.holds_below = ScoreSum::kAny;
      work.found.clear();
      const int32_t words = encode_part(text.substr(part.at, part.size), offset, work, [&](int32_t id, ByteRange origin, int32_t in_part) {
        put(id, origin.begin, origin.end, word + in_part);
        if (part.place.pair) work.found.push_back({id, origin, in_part});
      });
      word += words;
      if (part.place.pair && work.sum.holds_below != ScoreSum::kNone) keep(part.place, offset, words, work);
    }
  }
  return word - first_word;
}

void PipelineTokenizer::keep(const WordCache::Place& place, uint32_t offset, int32_t words, const Work& work) const {
  if (work.found.size() > WordCache::kMostTokens) return;
  WordCache::Slot& slot = WordCache::take(place);
  slot = {.key = place.key, .tokens = static_cast<uint8_t>(work.found.size()), .words = static_cast<uint8_t>(words), .size = static_cast<uint8_t>(place.size),
          .holds_below = work.sum.holds_below};
  for (size_t i = 0; i < work.found.size(); ++i) {
    const Found& f = work.found[i];
    slot.ids[i] = f.id;
    slot.begin[i] = static_cast<uint8_t>(f.origin.begin - offset);
    slot.end[i] = static_cast<uint8_t>(f.origin.end - offset);
    slot.word[i] = static_cast<uint8_t>(f.word);
  }
}

template <class Put> void PipelineTokenizer::for_each_token(std::string_view text, bool special_text, Put&& put) const {
  GRIM_CHECK(text.size() < UINT32_MAX, input, "tokenizer", "a text of {} bytes: expected less than 4 GiB", text.size());
  const WordCaches::Borrowed cache(caches_);
  Work work;
  int32_t word = 0;
  for (const AddedTokenFinder::Piece& p : raw_pieces(text, special_text)) {
    const auto begin = static_cast<uint32_t>(p.begin);
    if (p.id >= 0) {
      put(p.id, begin, static_cast<uint32_t>(p.end), word++);
      continue;
    }
    const std::string_view piece = text.substr(p.begin, p.end - p.begin);
    if (const CutRule rule = rule_for(piece); rule.cuts != Cuts::none) {
      word += for_each_of_parts(text, p.begin, p.end, rule, *cache, work, word, put);
      continue;
    }
    word += encode_piece(piece, begin, special_text, work,
                         [&](int32_t id, ByteRange origin, int32_t in_piece) { put(id, origin.begin, origin.end, word + in_piece); });
  }
}

std::vector<int64_t> PipelineTokenizer::encode(std::string_view text, std::string_view, int64_t) const {
  std::vector<int64_t> ids;
  ids.reserve(text.size() / 3);
  for_each_token(text, false, [&](int32_t id, uint32_t, uint32_t, int32_t) { ids.push_back(id); });
  return ids;
}

Encoding PipelineTokenizer::tokens_of(std::string_view text, int8_t sequence, bool special_text) const {
  Encoding e;
  e.reserve(text.size() / 3);
  for_each_token(text, special_text,
                 [&](int32_t id, uint32_t begin, uint32_t end, int32_t word) { e.push(id, {begin, end}, word, sequence, sequence, false); });
  return e;
}

}  // namespace grim

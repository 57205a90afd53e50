#include "grimoire/text/pipeline_tokenizer.h"

#include <algorithm>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/text/bpe.h"

namespace grim {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_graphic(char c) { return c > ' ' && c < 0x7f; }
bool is_ascii_punctuation(char c) { return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~'); }

}  // namespace

PipelineTokenizer::PipelineTokenizer(TokenizerParts parts) : parts_(std::move(parts)) {
  normalizer_ = parts_.own.normalizer ? std::move(parts_.own.normalizer) : make_normalizer(parts_.normalizer);
  pre_tokenizer_ = parts_.own.pre_tokenizer ? std::move(parts_.own.pre_tokenizer) : make_pre_tokenizer(parts_.pre_tokenizer);
  post_processor_ = make_post_processor(parts_.post_processor);
  decoder_ = parts_.own.decoder ? std::move(parts_.own.decoder) : make_token_decoder(parts_.decoder);
  const auto* const bpe = dynamic_cast<const Bpe*>(parts_.model.get());
  if (bpe && bpe->options().byte_level) pre_tokenizer_->leave_bytes();
  vocab_size_ = parts_.model->vocabulary().size();
  for (size_t i = 0; i < parts_.added.size(); ++i) {
    const AddedToken& token = parts_.added[i];
    GRIM_CHECK(token.id >= 0 && token.id < (1 << 24), input, "tokenizer", "added token '{}': id {} is outside 0 to {}", token.content, token.id, (1 << 24) - 1);
    const bool fresh = added_by_id_.emplace(token.id, i).second;
    GRIM_CHECK(fresh, input, "tokenizer", "added token '{}': another has the id {}", token.content, token.id);
    vocab_size_ = std::max(vocab_size_, token.id + 1);
    if (!token.in_text) continue;
    if (!token.normalized) {
      in_raw_text_.add(token.content, token);
    } else {
      AlignedText content(token.content, 0);
      normalizer_->apply(content);
      in_normalized_text_.add(content.text(), token);
    }
  }
  const auto check_id = [&](const char* part, int64_t id) {
    GRIM_CHECK(id >= 0 && id < vocab_size_, input, "tokenizer", "{}: id {} is outside 0 to {}", part, id, vocab_size_ - 1);
  };
  for (const int64_t id : post_processor_->ids()) check_id("post_processor", id);
  if (parts_.padding) check_id("padding", parts_.padding->id);
  cut_ = pre_tokenizer_->cuts();
  raw_words_ = cut_.cuts == Cuts::pattern && bpe && bpe->options().byte_level;
  const bool allowed = cut_.cuts == Cuts::pattern ? raw_words_ && normalizer_->keeps_latin() : normalizer_->is_local();
  if (!allowed || !(in_normalized_text_.empty() || normalizer_->is_identity())) cut_ = {};
}

std::string_view PipelineTokenizer::text_of(int64_t id) const {
  if (const auto added = added_by_id_.find(id); added != added_by_id_.end()) return parts_.added[added->second].content;
  return parts_.model->vocabulary().token(id);
}

std::string PipelineTokenizer::token(int64_t id) const {
  GRIM_CHECK(id >= 0 && id < vocab_size_, argument, "tokenizer", "id: got {}, expected 0 to {}", id, vocab_size_ - 1);
  return std::string(text_of(id));
}

std::optional<int64_t> PipelineTokenizer::id_of(std::string_view token) const {
  for (const AddedToken& added : parts_.added)
    if (added.content == token) return added.id;
  const int32_t id = parts_.model->vocabulary().id_of(token);
  return id >= 0 ? std::optional<int64_t>(id) : std::nullopt;
}

bool PipelineTokenizer::is_special(int64_t id) const {
  const auto added = added_by_id_.find(id);
  return added != added_by_id_.end() && parts_.added[added->second].special;
}

int32_t PipelineTokenizer::encode_piece(std::string_view piece, uint32_t at, bool special_text, Work& work) const {
  int32_t word = 0;
  std::vector<AlignedText> words;
  const auto encode_words = [&](AlignedText text) {
    words.clear();
    pre_tokenizer_->split(std::move(text), words);
    for (const AlignedText& w : words) {
      work.tokens.clear();
      parts_.model->tokenize_behind(w.text(), work.sum, work.tokens);
      for (const Token& t : work.tokens) {
        const ByteRange o = w.origin(t.begin, t.end);
        work.found.push_back({{t.id, o.begin, o.end}, word});
      }
      ++word;
    }
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
    const ByteRange o = text.origin(p.begin, p.end);
    work.found.push_back({{p.id, o.begin, o.end}, word++});
  }
  return word;
}

bool PipelineTokenizer::encode_marked(std::string_view part, uint32_t at, Work& work) const {
  const std::string_view mark = at > 0 ? normalizer_->mark_of(part[0]) : std::string_view();
  if (mark.empty() || part.size() < 2 || !std::all_of(part.begin() + 1, part.end(), is_graphic)) return false;
  work.word.assign(mark).append(part, 1);
  work.tokens.clear();
  parts_.model->tokenize_behind(work.word, work.sum, work.tokens);
  const auto place = [&](uint32_t i) { return at + (i > 0 ? i + 1 - static_cast<uint32_t>(mark.size()) : 0); };
  for (const Token& t : work.tokens) work.found.push_back({{t.id, place(t.begin), place(t.end)}, 0});
  return true;
}

int32_t PipelineTokenizer::encode_part(std::string_view part, uint32_t at, Work& work) const {
  if (!raw_words_) return encode_marked(part, at, work) ? 1 : encode_piece(part, at, false, work);
  work.tokens.clear();
  parts_.model->tokenize(part, work.tokens);
  const auto inside = [&](uint32_t i) { return i < part.size() && (static_cast<uint8_t>(part[i]) & 0xc0) == 0x80; };
  for (Token t : work.tokens) {  // what is a part of a character stands for all of it
    while (t.begin > 0 && inside(t.begin)) --t.begin;
    while (inside(t.end)) ++t.end;
    work.found.push_back({{t.id, at + t.begin, at + t.end}, 0});
  }
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
      work.found.clear();
      work.sum.holds_below = ScoreSum::kAny;
      const int32_t words = encode_part(text.substr(part.at, part.size), offset, work);
      for (const Found& f : work.found) put(f.token.id, f.token.begin, f.token.end, word + f.word);
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
    slot.ids[i] = f.token.id;
    slot.begin[i] = static_cast<uint8_t>(f.token.begin - offset);
    slot.end[i] = static_cast<uint8_t>(f.token.end - offset);
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
    work.found.clear();
    const int32_t words = encode_piece(piece, begin, special_text, work);
    for (const Found& f : work.found) put(f.token.id, f.token.begin, f.token.end, word + f.word);
    word += words;
  }
}

std::vector<int64_t> PipelineTokenizer::encode(std::string_view text, std::string_view, int64_t) const {
  std::vector<int64_t> ids;
  ids.reserve(text.size() / 3);
  for_each_token(text, false, [&](int32_t id, uint32_t, uint32_t, int32_t) { ids.push_back(id); });
  return ids;
}

Encoding PipelineTokenizer::encode_with(std::string_view text, const EncodeOptions& options) const {
  std::vector<Encoding> texts;
  const auto add = [&](std::string_view t) {
    const auto sequence = static_cast<int8_t>(texts.size());
    Encoding e;
    e.reserve(t.size() / 3);
    for_each_token(t, options.special_text,
                   [&](int32_t id, uint32_t begin, uint32_t end, int32_t word) { e.push(id, {begin, end}, word, sequence, sequence, false); });
    texts.push_back(std::move(e));
  };
  add(text);
  if (options.pair) add(*options.pair);
  truncate(texts[0], options.pair ? &texts[1] : nullptr, options.special_tokens);
  PostProcessor::Source source{[this](int64_t id) { return text_of(id); }, {text}};
  if (options.pair) source.texts.push_back(*options.pair);
  texts = post_processor_->apply(std::move(texts), options.special_tokens, source);
  Encoding whole;
  for (Encoding& e : texts) {
    if (whole.size() == 0 && whole.overflowing.empty()) whole = std::move(e);
    else whole.append(e);
  }
  if (parts_.padding) {
    const Padding& p = *parts_.padding;
    size_t length = static_cast<size_t>(p.length.value_or(static_cast<int64_t>(whole.size())));
    if (const auto m = static_cast<size_t>(p.multiple_of.value_or(0)); m > 0) length = (length + m - 1) / m * m;
    whole.pad(length, p.id, p.type_id, p.side);
  }
  return whole;
}

void PipelineTokenizer::truncate(Encoding& first, Encoding* second, bool special_tokens) const {
  if (!parts_.truncation) return;
  const Truncation& t = *parts_.truncation;
  const auto around = special_tokens ? static_cast<int64_t>(post_processor_->added(second != nullptr)) : 0;
  const int64_t room = std::max<int64_t>(0, t.max_length - around);
  const auto a = static_cast<int64_t>(first.size()), b = second ? static_cast<int64_t>(second->size()) : 0;
  const auto cut = [&](Encoding& e, int64_t length) {
    GRIM_CHECK(length == 0 || std::cmp_less_equal(e.size(), length) || t.stride < length, input, "tokenizer",
               "truncation: a stride of {} in windows of {} tokens: expected less", t.stride, length);
    e.truncate(static_cast<size_t>(length), static_cast<size_t>(t.stride), t.side);
  };
  if (room == 0) {
    cut(first, 0);
    if (second) cut(*second, 0);
    return;
  }
  if (a + b <= room) return;
  if (t.strategy == Truncation::Strategy::longest_first) {
    if (!second) return cut(first, room);
    // The shorter one stays whole while it fills less than half; then both get half, the longer one the odd token.
    int64_t small = std::min(a, b), large = small > room ? small : std::max(small, room - small);
    if (small + large > room) small = room / 2, large = small + room % 2;
    cut(first, a > b ? large : small);
    cut(*second, a > b ? small : large);
    return;
  }
  Encoding* const target = t.strategy == Truncation::Strategy::only_first ? &first : second;
  GRIM_CHECK(target, input, "tokenizer", "truncation only of the second text: there is one text");
  const int64_t left = static_cast<int64_t>(target->size()) - (a + b - room);
  GRIM_CHECK(left > 0, input, "tokenizer", "truncation to {} tokens: the text to be cut has {}, and the rest alone {}", t.max_length, target->size(),
             a + b - static_cast<int64_t>(target->size()) + around);
  cut(*target, left);
}

std::string PipelineTokenizer::decode(std::span<const int64_t> ids, Specials specials) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const int64_t id : ids) {
    GRIM_CHECK(id >= 0 && id < vocab_size_, argument, "tokenizer", "id: got {}, expected 0 to {}", id, vocab_size_ - 1);
    if (specials == Specials::leave_out && is_special(id)) continue;
    tokens.emplace_back(text_of(id));
  }
  decoder_->apply(tokens);
  std::string text;
  for (const std::string& t : tokens) text += t;
  return text;
}

std::string PipelineTokenizer::normalized(std::string_view text) const {
  AlignedText whole(text, 0);
  normalizer_->apply(whole);
  return whole.text();
}

std::optional<int64_t> PipelineTokenizer::unknown() const {
  const int32_t id = parts_.model->vocabulary().id_of(parts_.model->unknown());
  return id >= 0 ? std::optional<int64_t>(id) : std::nullopt;
}

Json PipelineTokenizer::to_json() const {
  const auto side = [](Side s) { return s == Side::left ? "Left" : "Right"; };
  Json added = Json::array(), truncation, padding;
  for (const AddedToken& token : parts_.added) added.push(token.to_json());
  if (const auto& t = parts_.truncation) {
    constexpr const char* names[] = {"LongestFirst", "OnlyFirst", "OnlySecond"};
    truncation = Json::object({{"direction", side(t->side)},
                               {"max_length", t->max_length},
                               {"strategy", names[static_cast<int>(t->strategy)]},
                               {"stride", t->stride}});
  }
  if (const auto& p = parts_.padding)
    padding = Json::object({{"strategy", p->length ? Json::object({{"Fixed", *p->length}}) : Json("BatchLongest")},
                            {"direction", side(p->side)},
                            {"pad_to_multiple_of", p->multiple_of ? Json(*p->multiple_of) : Json()},
                            {"pad_id", p->id},
                            {"pad_type_id", p->type_id},
                            {"pad_token", p->token}});
  return Json::object({{"version", "1.0"},
                       {"truncation", std::move(truncation)},
                       {"padding", std::move(padding)},
                       {"added_tokens", std::move(added)},
                       {"normalizer", parts_.normalizer},
                       {"pre_tokenizer", parts_.pre_tokenizer},
                       {"post_processor", parts_.post_processor},
                       {"decoder", parts_.decoder},
                       {"model", parts_.model->to_json()}});
}

}  // namespace grim

// tokenizer.json, version 1.0: read as a stream, for its vocabulary and merges are most of it.
#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/unigram.h"
#include "grimoire/text/wordpiece.h"

namespace grim {
namespace {

// Texts end to end.
class TextList {
 public:
  // Room for all that a file of so many bytes can hold: it takes no memory before it is written to, and growing would touch each page twice.
  void reserve_for(size_t file_bytes) {
    constexpr size_t kLeast = 3;  // two quotes and a comma
    text_.reserve(file_bytes);
    ends_.reserve(file_bytes / kLeast);
    expect_full_use(text_.data(), file_bytes / 4);
  }
  void add(std::string_view text) {
    text_ += text;
    ends_.push_back(static_cast<uint32_t>(text_.size()));
  }
  void swap(TextList& other) {  // an assignment would keep the memory
    text_.swap(other.text_);
    ends_.swap(other.ends_);
  }
  size_t size() const { return ends_.size(); }
  size_t bytes() const { return text_.size(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i > 0 ? ends_[i - 1] : 0;
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string text_;
  std::vector<uint32_t> ends_;
};

// The parts of a model that are lists, as they come.
struct ModelText {
  TextList tokens;
  std::vector<int64_t> ids;    // theirs
  std::vector<double> scores;  // of Unigram, by id
  TextList merges;             // left and right by turns

  void add_token(std::string_view key, const Json& value) {
    if (value.is_array()) {
      GRIM_CHECK(value.size() == 2, input, "tokenizer", "vocab entry {}: got {} values, expected a token and its score", scores.size(), value.size());
      key = value[0].as_text();
      scores.push_back(value[1].as_real());
    }
    ids.push_back(value.is_array() ? static_cast<int64_t>(ids.size()) : value.as_integer(key));
    tokens.add(key);
  }

  void add_merge(const Json& merge) {
    const size_t number = merges.size() / 2;
    if (merge.is_array()) {
      GRIM_CHECK(merge.size() == 2, input, "tokenizer", "merge {}: got {} parts, expected 2", number, merge.size());
      merges.add(merge[0].as_text());
      return merges.add(merge[1].as_text());
    }
    const std::string& both = merge.as_text();  // "left right", as older files have it
    const size_t space = both.find(' ');
    const bool two = space != std::string::npos && space > 0 && space + 1 < both.size() && both.find(' ', space + 1) == std::string::npos;
    GRIM_CHECK(two, input, "tokenizer", "merge {}: got '{}', expected two tokens with a space between them", number, both);
    merges.add(std::string_view(both).substr(0, space));
    merges.add(std::string_view(both).substr(space + 1));
  }

  // What they are made of is let go: the texts of a large vocabulary and its tables need not be held together.
  Vocabulary take_vocabulary() {
    constexpr size_t kAhead = 16;
    Vocabulary v;
    v.reserve(tokens.size(), tokens.bytes());
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (i + kAhead < tokens.size()) v.prefetch(tokens[i + kAhead]);
      v.add(tokens[i], ids[i]);
    }
    TextList().swap(tokens);
    std::vector<int64_t>().swap(ids);
    return v;
  }

  std::vector<Bpe::Merge> take_rules(const Vocabulary& v, const BpeOptions& options) {
    std::vector<Bpe::MergeText> texts;
    reserve_to_fill(texts, merges.size() / 2);
    for (size_t i = 0; i < merges.size(); i += 2) texts.emplace_back(merges[i], merges[i + 1]);
    std::vector<Bpe::Merge> rules = Bpe::merges_of(v, texts, options);
    TextList().swap(merges);
    return rules;
  }
};

bool ends_in_byte_level(const Json& pre_tokenizer) {
  return !pre_tokenizer.is_null() && make_pre_tokenizer(pre_tokenizer)->ends_in_byte_symbols();
}

// Every byte of UTF-8 has a token: nothing is ever left out.
bool knows_all_bytes(const Vocabulary& vocabulary) {
  for (int b = 0; b < 0xf5; ++b) {
    std::string symbol;
    append_utf8(symbol, byte_symbol(static_cast<uint8_t>(b)));
    if (b != 0xc0 && b != 0xc1 && vocabulary.id_of(symbol) < 0) return false;
  }
  return true;
}

std::unique_ptr<SubwordModel> make_bpe(const Json& json, ModelText& text, const Json& pre_tokenizer) {
  BpeOptions options{.unk_token = json.text("unk_token", ""),
                     .continuing_subword_prefix = json.text("continuing_subword_prefix", ""),
                     .end_of_word_suffix = json.text("end_of_word_suffix", ""),
                     .fuse_unk = json.boolean("fuse_unk", false),
                     .byte_fallback = json.boolean("byte_fallback", false),
                     .ignore_merges = json.boolean("ignore_merges", false),
                     .dropout = json.real("dropout", 0)};
  Vocabulary vocabulary = text.take_vocabulary();
  // Decorated symbols, unknown ones and those that are left out are worked out on characters.
  options.byte_level = options.continuing_subword_prefix.empty() && options.end_of_word_suffix.empty() && options.unk_token.empty() &&
                       !options.byte_fallback && ends_in_byte_level(pre_tokenizer) && knows_all_bytes(vocabulary);
  const std::vector<Bpe::Merge> rules = text.take_rules(vocabulary, options);
  return std::make_unique<Bpe>(std::move(vocabulary), rules, std::move(options));
}

std::unique_ptr<SubwordModel> make_unigram(const Json& json, ModelText& text) {
  GRIM_CHECK(text.scores.size() == text.tokens.size(), input, "tokenizer", "vocab: expected a list of pieces and their scores");
  UnigramOptions options{.byte_fallback = json.boolean("byte_fallback", false)};
  if (const Json* const id = json.find("unk_id"); id && !id->is_null()) options.unk_id = id->as_integer();
  return std::make_unique<Unigram>(text.take_vocabulary(), std::move(text.scores), std::move(options));
}

// The lists were shown as they were read, and what stands here is what held them.
void check_lists(const Json& json, const std::string& type) {
  const Json& vocab = json.at("vocab");
  const bool pairs = type == "Unigram";
  if (pairs ? !vocab.is_array() : !vocab.is_object())
    fail(ErrorKind::input, "tokenizer", str("model.vocab of a {}: got {}, expected {}", type, name_of(vocab.kind()),
                                            pairs ? "an array of pieces and scores" : "an object of tokens and ids"));
  if (const Json* const merges = json.find("merges"); merges && type == "BPE" && !merges->is_array())
    fail(ErrorKind::input, "tokenizer", str("model.merges: got {}, expected array", name_of(merges->kind())));
}

std::unique_ptr<SubwordModel> make_model(const Json& json, ModelText text, const Json& pre_tokenizer) {
  // Files from before models had a type are told by what they hold.
  const char* const guess = json.find("merges") ? "BPE" : json.find("unk_id") ? "Unigram" : json.find("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
  const std::string type = json.text("type", guess);
  const std::vector<std::string> names = {"BPE", "Unigram", "WordLevel", "WordPiece"};
  if (std::ranges::find(names, type) == names.end()) fail(ErrorKind::input, "tokenizer", str("model '{}' is not known", type), did_you_mean(type, names));
  check_lists(json, type);
  if (type == "BPE") return make_bpe(json, text, pre_tokenizer);
  if (type == "WordLevel") return std::make_unique<WordLevel>(text.take_vocabulary(), json.text("unk_token"));
  if (type == "WordPiece")
    return std::make_unique<WordPiece>(text.take_vocabulary(),
                                       WordPiece::Options{json.text("unk_token", "[UNK]"), json.text("continuing_subword_prefix", "##"),
                                                          json.integer("max_input_chars_per_word", 100)});
  return make_unigram(json, text);
}

Side side_of(const Json& json) { return json.text("direction", "Right") == "Left" ? Side::left : Side::right; }

std::optional<TokenTruncation> truncation_of(const Json* json) {
  if (!json || json->is_null()) return std::nullopt;
  const std::vector<std::string> names = {"LongestFirst", "OnlyFirst", "OnlySecond"};
  const std::string strategy = json->text("strategy", names[0]);
  const auto found = std::ranges::find(names, strategy);
  if (found == names.end()) fail(ErrorKind::input, "tokenizer", str("truncation strategy '{}' is not known", strategy), did_you_mean(strategy, names));
  TokenTruncation t{json->integer("max_length"), json->integer("stride", 0), static_cast<TokenTruncation::Strategy>(found - names.begin()), side_of(*json)};
  GRIM_CHECK(t.max_length >= 0 && t.stride >= 0, input, "tokenizer", "truncation: max_length {} and stride {}: expected none below 0", t.max_length, t.stride);
  return t;
}

std::optional<TokenPadding> padding_of(const Json* json) {
  if (!json || json->is_null()) return std::nullopt;
  TokenPadding p{.id = json->integer("pad_id", 0),
                 .type_id = json->integer("pad_type_id", 0),
                 .token = json->text("pad_token", "[PAD]"),
                 .side = side_of(*json)};
  if (const Json* const strategy = json->find("strategy"); strategy && strategy->is_object()) p.length = strategy->integer("Fixed");
  if (const Json* const multiple = json->find("pad_to_multiple_of"); multiple && !multiple->is_null()) p.multiple_of = multiple->as_integer();
  constexpr int64_t kMost = 1 << 24;
  for (const auto& n : {p.length, p.multiple_of})
    GRIM_CHECK(!n || (*n >= 0 && *n <= kMost), input, "tokenizer", "padding: got {}, expected 0 to {}", *n, kMost);
  return p;
}

}  // namespace

std::shared_ptr<const Tokenizer> parse_tokenizer(std::string json, const std::string& source, Json config) {
  GRIM_CHECK(json.size() <= UINT32_MAX, input, "tokenizer", "{}: it has {} bytes, expected less than 4 GiB", source, json.size());
  ModelText text;
  text.tokens.reserve_for(json.size());
  text.merges.reserve_for(json.size());
  const auto take_token = [&](std::string_view key, const Json& value) { text.add_token(key, value); };
  const auto take_merge = [&](std::string_view, const Json& value) { text.add_merge(value); };
  const std::vector<Json::Sink> sinks = {{{"model", "vocab"}, take_token}, {{"model", "merges"}, take_merge}};
  const Json whole = Json::parse(json, source, sinks);
  if (CharTokenizer::describes(whole)) return std::make_shared<CharTokenizer>(CharTokenizer::from_json(Json::parse(json, source)));
  std::string().swap(json);  // an assignment would keep its memory
  const auto part = [&](const char* key) {
    const Json* const found = whole.find(key);
    return found ? *found : Json();
  };
  TokenizerParts parts{.normalizer = part("normalizer"),
                       .pre_tokenizer = part("pre_tokenizer"),
                       .post_processor = part("post_processor"),
                       .decoder = part("decoder"),
                       .truncation = truncation_of(whole.find("truncation")),
                       .padding = padding_of(whole.find("padding"))};
  if (!config.is_null()) parts.config = std::move(config);
  if (const Json* const added = whole.find("added_tokens"))
    for (const Json& token : added->items()) parts.added.push_back(AddedToken::from_json(token));
  parts.model = make_model(whole.at("model"), std::move(text), parts.pre_tokenizer);
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

}  // namespace grim

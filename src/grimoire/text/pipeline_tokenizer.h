// A tokenizer as a tokenizer.json describes it (Hugging Face, version 1.0): added tokens are found, the text is normalised and cut into words,
// a model cuts these into pieces, and special tokens are put around them. Ids, offsets and words equal the reference's.
#pragma once

#include <unordered_map>

#include "grimoire/text/added_tokens.h"
#include "grimoire/text/normalizer.h"
#include "grimoire/text/post_processor.h"
#include "grimoire/text/pre_tokenizer.h"
#include "grimoire/text/subword_model.h"
#include "grimoire/text/token_decoder.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/text/word_cache.h"

namespace grim {

// Stages that are not quite what a tokenizer.json can say: they are used instead of those of the JSON, which is what is written for other programs.
struct OwnStages {
  std::unique_ptr<Normalizer> normalizer = {};
  std::unique_ptr<PreTokenizer> pre_tokenizer = {};
  std::unique_ptr<TokenDecoder> decoder = {};
};

// What a tokenizer is made of; of the parts that are null in JSON nothing is done.
struct TokenizerParts {
  std::unique_ptr<SubwordModel> model = {};
  Json normalizer = {}, pre_tokenizer = {}, post_processor = {}, decoder = {};
  OwnStages own = {};
  std::vector<AddedToken> added = {};
  std::optional<TokenTruncation> truncation = {};
  std::optional<TokenPadding> padding = {};
  Json config = Json::object();  // tokenizer_config.json
};

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerParts parts);  // throws: input, a part that is not known or contradicts another

  int64_t vocab_size() const override { return vocab_size_; }
  std::optional<int64_t> boundary() const override { return std::nullopt; }
  std::string token(int64_t id) const override;
  std::optional<int64_t> id_of(std::string_view token) const override;
  const char* unit() const override { return "token"; }
  std::vector<int64_t> encode(std::string_view text, std::string_view source = "text", int64_t first_line = 1) const override;
  Encoding encode_with(std::string_view text, const EncodeOptions& options = {}) const override;
  std::string decode(std::span<const int64_t> ids, Specials specials = Specials::leave_out) const override;
  Json to_json() const override;
  Json config_json() const override { return parts_.config; }

  const SubwordModel& model() const { return *parts_.model; }
  const TokenizerParts& parts() const { return parts_; }
  std::optional<int64_t> unknown() const override;
  std::optional<TokenPadding> padding() const override;
  bool is_special(int64_t id) const override;
  std::string normalized(std::string_view text) const override;

 private:
  struct Found {
    int32_t id;
    ByteRange origin;  // bytes of the whole text
    int32_t word;      // in its part, from 0
  };
  struct Work {
    ScoreSum sum = {};
    std::vector<Found> found = {};   // of a part that is short enough to be kept
    std::vector<Token> tokens = {};  // of a word
    std::string word = {};
  };
  // put(id, begin, end, word) for every token of a text; of a piece of it that the rule cuts, whose words are counted from `word`, which gives their number.
  template <class Put> void for_each_token(std::string_view text, bool special_text, Put&& put) const;
  template <class Put> int32_t for_each_of_parts(std::string_view text, size_t begin, size_t end, const CutRule& rule, WordCache& cache, Work& work,
                                                 int32_t word, Put&& put) const;
  template <class Use> void tokenize(std::string_view word, Work& work, Use&& use) const;
  // put(id, origin, word) for every token of a piece between added tokens of the raw text, which begins at `at`; gives the number of its words.
  template <class Put> int32_t encode_piece(std::string_view piece, uint32_t at, bool special_text, Work& work, Put&& put) const;
  // The same of a part that the cut rule allows for.
  template <class Put> int32_t encode_part(std::string_view part, uint32_t at, Work& work, Put&& put) const;
  template <class Put> bool encode_marked(std::string_view part, uint32_t at, Work& work, Put&& put) const;  // a blank and printable ASCII, or false
  std::vector<AddedTokenFinder::Piece> raw_pieces(std::string_view text, bool special_text) const;  // added tokens, and the text between them
  void keep(const WordCache::Place& place, uint32_t offset, int32_t words, const Work& work) const;  // a part's tokens, if they are few
  Encoding tokens_of(std::string_view text, int8_t sequence, bool special_text) const;
  CutRule rule_for(std::string_view piece) const;
  std::string_view text_of(int64_t id) const;

  TokenizerParts parts_;
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<PreTokenizer> pre_tokenizer_;
  std::unique_ptr<PostProcessor> post_processor_;
  std::unique_ptr<TokenDecoder> decoder_;
  AddedTokenFinder in_raw_text_, in_normalized_text_;
  CutRule cut_;
  bool raw_words_ = false;  // words are parts of the raw text, as they stand
  mutable WordCaches caches_;
  std::unordered_map<int64_t, size_t> added_by_id_;
  int64_t vocab_size_ = 0;
};

// tokenizer.json, its vocabulary and merges never held as a tree. Who moves the text here has it gone before the tables of the model are made, so that
// no more than some 2.5 times its size is held at any time. `config`: tokenizer_config.json, or null. throws: input
std::shared_ptr<const Tokenizer> parse_tokenizer(std::string json, const std::string& source, Json config = {});

}  // namespace grim

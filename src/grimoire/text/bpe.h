// Byte-pair encoding (Sennrich, Haddow, Birch 2016, "Neural machine translation of rare words with subword units", section 3.2): a word begins as
// its characters, and of all neighbours that have a merge rule the pair of the earliest rule is merged, the leftmost first, until none has one.
// In the byte-level variant (Radford et al. 2019, GPT-2, section 2.2) the symbols are the 256 bytes, so nothing is unknown.
#pragma once

#include <array>
#include <mutex>
#include <span>
#include <unordered_set>

#include "grimoire/text/subword_model.h"

namespace grim {

struct BpeOptions {
  std::string unk_token = {};              // empty: what is unknown is left out, as the reference does
  std::string continuing_subword_prefix = {};  // before each symbol but a word's first: "##"
  std::string end_of_word_suffix = {};     // behind a word's last symbol: "</w>"
  bool fuse_unk = false;                   // neighbouring unknown characters are one token
  bool byte_fallback = false;              // an unknown character becomes its bytes, tokens <0x00> to <0xFF>
  bool ignore_merges = false;              // a word that is a token is that token, whatever the rules say
  std::unordered_set<int32_t> whole = {};  // tokens that a word is if it reads so, whatever the rules say
  double dropout = 0;                      // kept for the file; encoding does not drop merges
  bool byte_level = false;                 // words are raw bytes; the vocabulary writes byte b as byte_symbol(b)
};

class Bpe final : public SubwordModel {
 public:
  struct Merge {
    int32_t left, right, result;
  };
  // Rules in order: the first merges first. Ranks, where given, stand for the order: equal ones are one rule's variants.
  Bpe(Vocabulary vocabulary, const std::vector<Merge>& merges, BpeOptions options, std::span<const uint32_t> ranks = {});
  using MergeText = std::pair<std::string_view, std::string_view>;  // left, right
  // Rules by the texts of their tokens. throws: input, naming the first with a token, or a result, that is not in the vocabulary
  static std::vector<Merge> merges_of(const Vocabulary& vocabulary, std::span<const MergeText> rules, const BpeOptions& options = {});

  // Ids equal the reference's. So do offsets, which it adds up from the lengths of the tokens (the bytes of a prefix or suffix that fell back to bytes
  // count, a character that was left out does not), but that ours never leave the word, where the reference's may.
  void tokenize(std::string_view word, std::vector<Token>& tokens) const override;
  void tokenize_long(std::string_view word, ScoreSum&, std::vector<Token>& tokens, const std::function<void()>& take) const override;
  const char* type() const override { return "BPE"; }
  std::string_view unknown() const override { return options_.unk_token; }
  Json to_json() const override;
  const BpeOptions& options() const { return options_; }

 private:
  struct Rule {
    uint64_t pair = UINT64_MAX;  // left << 32 | right
    uint32_t rank = 0;
    int32_t result = 0;
  };
  const Rule* rule(int32_t left, int32_t right) const;
  class Symbols;
  bool is_whole(std::string_view word, std::vector<Token>& tokens) const;  // one token, which is appended
  size_t merge_few(std::span<Token> symbols) const;   // merged in place, and how many are left
  void merge_list(std::span<Token> symbols) const;    // the first symbol of each token becomes it, the others' ids kNone
  size_t merge_parts(std::span<Token> symbols) const; // likewise, but in no such order where few stand apart; and where the last part begins
  bool stand_apart(std::span<const Token> left, std::span<const Token> right) const;
  void merge_windows(Symbols& source, std::vector<Token>& symbols, std::vector<Token>& tokens, const std::function<void()>& take) const;
  void find_neighbours() const;
  size_t neighbours_bit(int32_t left, int32_t right) const;

  BpeOptions options_;
  std::vector<Rule> rules_;                 // open addressing, a power of two
  std::array<int32_t, 256> byte_ids_{};     // of byte_level and byte_fallback
  int32_t unk_id_ = Vocabulary::kNone;
  // Made for the first long word: a bit for each two symbols that stand side by side in some token, and for others that share it; empty: not known.
  mutable std::once_flag neighbours_known_;
  mutable std::vector<bool> neighbours_;
};

// The rules that stand behind a vocabulary in which the rank of a token is that of the merge that makes it: each way to make a token of two others, at
// the token's rank (by id, the lowest first; kNoRank: takes no part).
struct MergesByRank {
  static constexpr uint32_t kNoRank = UINT32_MAX;
  MergesByRank(const Vocabulary& vocabulary, std::span<const uint32_t> rank_of);
  std::vector<Bpe::Merge> merges;
  std::vector<uint32_t> ranks;
};

// GPT-2's alphabet: a printable character for each byte, so that vocabularies are texts: 'A' is itself, space is U+0120.
char32_t byte_symbol(uint8_t byte);
int byte_of_symbol(char32_t c);              // -1: no byte's
std::string as_byte_symbols(std::string_view bytes);

}  // namespace grim

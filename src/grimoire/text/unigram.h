// The unigram language model (Kudo 2018, "Subword regularization", section 3.2): a piece has a probability of its own, and a word is cut into the
// pieces whose product is largest,
//   argmax over x1 ... xm that make up the word of  sum log p(xi),
// which Viterbi's recursion finds from left to right: the best way to a place is the best, over pieces that end there, of the way to where they begin.
#pragma once

#include <optional>
#include <span>

#include "grimoire/text/double_array.h"
#include "grimoire/text/subword_model.h"

namespace grim {

// What a piece of a SentencePiece file is; the numbers are the file's.
enum class PieceKind : uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct UnigramOptions {
  std::optional<int64_t> unk_id = {};  // nothing: a character that is no piece is an error
  bool byte_fallback = false;          // unknown characters become their bytes, pieces <0x00> to <0xFF>
  // Of SentencePiece's files, by id. Then only normal and user-defined pieces are found in a text, the latter wherever they stand; bytes stand for one
  // character each, not for a run of them; and sums are rounded to 32 bits as there, since near ties are decided by that.
  std::vector<PieceKind> kinds = {};
};

class Unigram final : public SubwordModel {
 public:
  // Scores are log probabilities, by id. throws: input, no piece of that unk_id, or a score that is not finite
  Unigram(Vocabulary vocabulary, std::vector<double> scores, UnigramOptions options);

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override;
  void tokenize_behind(std::string_view word, ScoreSum& sum, std::vector<Token>& tokens) const override;
  void tokenize_long(std::string_view word, ScoreSum& sum, std::vector<Token>& tokens, const std::function<void()>& take) const override;
  std::span<const float> weights() const override { return single_weights_; }
  const char* type() const override { return "Unigram"; }
  std::string_view unknown() const override { return options_.unk_id ? vocabulary_.token(*options_.unk_id) : std::string_view(); }
  Json to_json() const override;
  const UnigramOptions& options() const { return options_; }

 private:
  template <class Real> struct Node;
  template <class Real> struct Trellis;
  bool found_in_text(size_t id) const;
  template <class Real> void tokenize_in(std::string_view word, std::span<const Real> weights, ScoreSum& sum, std::vector<Token>& tokens) const;
  template <class Real>
  void tokenize_windows(std::string_view word, std::span<const Real> weights, ScoreSum& sum, std::vector<Token>& tokens,
                        const std::function<void()>& take) const;
  template <class Real> void find_best(std::string_view word, Trellis<Real>& trellis, size_t until, std::span<const Real> weights) const;
  template <class Real, class Each> void each_piece(const Trellis<Real>& trellis, size_t end, Each&& each) const;
  bool add_piece(const Token& piece, size_t first, std::vector<Token>& tokens) const;
  size_t longest_step() const;
  bool shift(std::span<Node<float>> nodes, size_t at) const;
  uint8_t holds_below(std::span<const Node<float>> nodes) const;
  void spell_unknown(std::string_view word, size_t first, std::vector<Token>& tokens) const;  // of the tokens from `first` on
  void put_unknown(std::string_view word, const Token& run, std::vector<Token>& tokens) const;

  UnigramOptions options_;
  std::vector<double> scores_;         // as the file has them
  std::vector<float> single_weights_;  // as they count where sums are rounded to 32 bits; else empty
  double unk_weight_ = 0, largest_weight_ = 0;
  DoubleArray pieces_;
  std::vector<int32_t> byte_ids_;  // empty: not all of them are there
};

}  // namespace grim

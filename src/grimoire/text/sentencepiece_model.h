// SentencePiece's .model files (Kudo, Richardson 2018): a protocol buffer of pieces with scores, how a text is normalised, and how it was trained.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grimoire/text/unigram.h"

namespace grim {

struct SentencePieceModel {
  enum class Kind : uint8_t { unigram = 1, bpe = 2 };
  struct Piece {
    std::string text = {};
    float score = 0;  // log probability (unigram), or minus the number of its merge (BPE)
    PieceKind kind = PieceKind::normal;
  };
  Kind kind = Kind::unigram;
  std::vector<Piece> pieces = {};
  bool byte_fallback = false;
  bool space_behind = false;          // treat_whitespace_as_suffix: the mark of a space stands behind a word, not before it
  bool dummy_prefix = true;           // a text gets a space in front, or behind
  bool remove_extra_spaces = true;    // at its ends and all but one between words
  bool escape_spaces = true;          // a space is written U+2581
  bool decodes_marks = true;          // and U+2581 in a piece is decoded to a space, escaped or not
  std::string charsmap = {};          // binary, see Charsmap; empty: no rewrites
  std::string unk_surface = " \u2047 ";  // what the unknown piece is decoded to
  std::string bos_piece = "<s>", eos_piece = "</s>", pad_piece = "<pad>";

  std::string_view mark() const { return escape_spaces ? "\u2581" : " "; }
  size_t unknown() const;             // id of the unknown piece
};

// throws: input, malformed, of words or characters, or against SentencePiece's own rules: pieces that are empty or twice there, not one unknown piece,
// bytes that are missing
SentencePieceModel parse_sentencepiece(std::string_view bytes, const std::string& source);
// llama2.c's tokenizer.bin: an i32 for the longest piece, then for each an f32 score, an i32 of bytes, and these. Spaces are themselves in it, so that
// U+2581 in a text is no space. throws: input, malformed
SentencePieceModel parse_llama2c_tokenizer(std::string_view bytes, const std::string& source);

}  // namespace grim

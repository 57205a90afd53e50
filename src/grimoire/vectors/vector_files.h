// Files of word vectors. Which format one has is found out from its bytes, never from its name:
//   fastText   .bin and .ftz (subword_model.h)
//   text       fastText's and word2vec's .vec: a line "words dim", then a line for each word: the word and its numbers
//   glove      GloVe's: likewise without the first line
//   word2vec   its .bin: a line "words dim", then for each word the word, a space, and dim f32, little-endian; a line end may follow
#pragma once

#include <string>

#include "grimoire/vectors/word_vectors.h"

namespace grim::vectors {

enum class VectorFormat : uint8_t { fasttext, text, glove, word2vec };
inline constexpr const char* kVectorFormats[] = {"fasttext", "text", "glove", "word2vec"};  // in the order of the enumeration

VectorFormat format_of(std::string_view bytes, std::string_view source);  // throws: input, none of them
WordVectors parse_vectors(std::string_view bytes, std::string_view source);  // throws: input
WordVectors open_vectors(const std::string& path);                           // throws: input
int64_t dim_of(const std::string& path);                                     // numbers of a vector, by the first bytes alone. throws: input
// The words in their order; only what the format holds. throws: argument, fasttext: that is SubwordModel::save; a word that the format cannot hold
void save_vectors(const WordVectors& vectors, const std::string& path, VectorFormat format);

}  // namespace grim::vectors

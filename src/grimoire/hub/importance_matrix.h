// Importance matrices: how much each input of each layer matters, as squares that flowed in while the model read a text. Where blocks are sought for few
// bits, errors of a matrix count by them. In llama.cpp's file (tools/imatrix): GGUF, general.type "imatrix", tensors NAME.in_sum2 (sums of squares) and
// NAME.counts (of rows), or the .dat that it wrote before.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace grim {

struct InputSquares {
  std::vector<float> squares;  // sums over `rows` rows, one for each input
  double rows = 0;
};
using ImportanceMatrix = std::map<std::string, InputSquares>;  // by the names that tensors have in GGUF files, "blk.0.attn_q.weight"

ImportanceMatrix read_importances(const std::string& path);  // throws: input, malformed, or not such a file
// `data`: what was read. throws: resource
void write_importances(const std::string& path, const ImportanceMatrix& all, const std::string& data, int64_t chunk);
std::vector<float> mean_squares(const InputSquares& x);

}  // namespace grim

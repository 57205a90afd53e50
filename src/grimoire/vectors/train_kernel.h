// The inner loops of training, each on a part of a batch that no other thread works on (train.h says why). Rows are padded with zeros to whole lines of
// the cache, so that no loop has a rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace grim::vectors {

inline constexpr int64_t kShards = 8;   // of a table: row r belongs to shard r mod 8
inline constexpr int64_t kGroups = 8;   // of a batch: neighbouring samples, made together

struct Choice {  // a row of the output table, and whether it is right
  int32_t row;
  float right;  // 1 or 0
};

// Some samples: what each is computed from, and what it is asked. Both are sorted by shards within a sample; those of sample i and shard s begin at
// begins[i * kShards + s], and one entry more ends the last.
struct Samples {
  int64_t count = 0;
  std::vector<int32_t> inputs, input_begins = {0};
  std::vector<Choice> choices;
  std::vector<int32_t> choice_begins = {0};
  std::vector<int32_t> targets;   // softmax: the right row of each sample
  std::vector<float> hidden;      // (count, stride): the mean of the inputs
  std::vector<float> gradient;    // (count, stride): what every input moves by
  std::vector<float> partial;     // (parts, count, stride): its parts, one for each shard of the output
  std::vector<float> scores;      // softmax: a row of logits
  int32_t first_input(int64_t i) const { return input_begins[static_cast<size_t>(i * kShards)]; }
};

struct TableView {
  float* rows;
  int64_t stride, count;
  float* row(int64_t r) const { return rows + r * stride; }
};

struct LossSum {
  double sum = 0;
  int64_t count = 0;
};

enum class InputStep : uint8_t { whole, divided };  // divided: by the number of inputs, as the derivative of a mean is

}  // namespace grim::vectors

namespace grim::cpu {

// hidden = mean of the inputs' rows
void average_inputs(const vectors::TableView& input, vectors::Samples& samples);
// For each choice of this shard in order, with y = sigmoid(row . hidden): partial += step * row, row += step * hidden, step = lr (right - y).
// The rows are those that the choices before have left, as in stochastic descent by single samples.
void logistic_choices(const vectors::TableView& output, vectors::Samples* groups, int64_t count, int64_t shard, float lr, vectors::LossSum& loss);
// The same for a softmax over all rows, sample by sample.
void softmax_targets(const vectors::TableView& output, vectors::Samples* groups, int64_t count, float lr, vectors::LossSum& loss);
// gradient = sum of `parts` partials, in their order
void sum_partials(vectors::Samples& samples, int64_t stride, int64_t parts, vectors::InputStep step);
// input row += gradient, for the inputs of this shard in order
void move_inputs(const vectors::TableView& input, vectors::Samples* groups, int64_t count, int64_t shard);

}  // namespace grim::cpu

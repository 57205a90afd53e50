// Units of a model that may stand in any order: hidden units, attention heads, the places inside a head, the places of the residual stream. What goes into
// a unit and what comes out of it move together, and the model computes the same function.
//   Hecht-Nielsen 1990; Ainsworth, Hayase and Srinivasa 2023, "Git Re-Basin"; of Transformers Verma and Elbayad 2024
// Groups are proposed by the names, shapes and order of a model's tensors, and taken only when the model, shuffled by them, gives the same answers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/model/pretrained.h"

namespace grim {

// Where units stand on an axis of a tensor: `inner` places each, the first of unit u at offset + u stride; all of it again every repeat_stride places.
struct UnitAxis {
  std::string tensor = {};
  int axis = 0;
  int64_t offset = 0, stride = 1, inner = 1, repeats = 1, repeat_stride = 0;
};
struct UnitGroup {
  enum class Kind : uint8_t { stream, hidden, heads };
  Kind kind = Kind::hidden;
  std::string name;  // "h.0.mlp"
  int64_t units = 0;
  std::vector<UnitAxis> axes = {};
  // Of heads: axes whose places inside each head may be reordered too, as those of values and of the output that reads them; each set by itself.
  std::vector<std::vector<UnitAxis>> inner = {};
};

using Order = std::vector<int64_t>;  // at place u stands what was unit order[u]

struct UnitGroups {
  std::vector<UnitGroup> all = {};
  std::vector<std::string> notes = {};  // what was proposed and is no symmetry of the model
};
// Of a model that predicts the next token, and whose every tensor its answers hang on. It is as it was when this returns. throws: input, another model, or
// one in which nothing is known that can be reordered
UnitGroups unit_groups(Pretrained& model, uint64_t seed = 1337);

// Tensors of a model by name: parameters, frozen ones and buffers, the model's own memory.
struct ModelTensors {
  explicit ModelTensors(const Module& model);
  const Tensor& at(const std::string& name) const;
  const std::vector<NamedTensor>& all() const { return all_; }
  ModelTensors copied() const;  // in memory of their own

 private:
  ModelTensors() = default;
  std::vector<NamedTensor> all_;
};

void reorder(const ModelTensors& model, const UnitGroup& group, const Order& order);
// The places inside head `head` of one of group.inner.
void reorder_inside(const ModelTensors& model, const std::vector<UnitAxis>& axes, int64_t head, const Order& order);

// What belongs to each unit, as rows: (units, numbers); for `head` >= 0 to each place inside that head.
Tensor rows_of_units(const ModelTensors& model, const UnitAxis& axis, int64_t units, int64_t head = -1);

// Logits for tokens that are drawn from `rng`, for telling whether two models compute the same. throws: input, a model that is no CausalLm
Tensor answers_to_random_tokens(const Pretrained& model, Rng& rng);

}  // namespace grim

// How the matrices are held that a model's layers multiply by, an output layer's table among them. What is computed with them stays f32: linear
// (op/linear.h) says what a row is rounded to on the way. For evaluation: nothing is trained through a matrix that is changed here, but beside it
// (nn/lora.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/nn/product.h"
#include "grimoire/op/quantised.h"

namespace grim {

enum class WeightType : uint8_t { automatic, f32, bf16, q8_0, q4_0 };  // automatic: f32, but what a file holds in few bits stays so
const char* name_of(WeightType type);
WeightType weight_type_named(std::string_view name);  // throws: argument
std::optional<BlockType> block_type(WeightType type);  // of those that are of few bits

// Rounds them to bf16 and gives their number: a step of decoding reads half as much.
int64_t round_products_to_bf16(Module& root);
// The same of a model whose numbers are loaded next: there is room for rounded ones alone, never for f32.
int64_t hold_products_in_bf16(Module& root);
// The same of frozen tensors of two or more axes, tables among them, where they lie: what they are to layers that are trained.
struct Rounded {
  Tensor tensor, exact, narrow;  // the tensor looks at the last; before it looked at the second
};
std::vector<Rounded> round_frozen_to_bf16(Module& root);
// Lays matrices in f32 (in, out) the other way round in memory, where a step of decoding reads them at the speed of memory.
void turn_products(Module& root);

// Those whose rows fill blocks, in few bits: their number.
int64_t quantise_products(Module& root, BlockType type);
// Where a model whose numbers are loaded next has a matrix that fills blocks, by the dotted path, the shape and the layout of its tensor.
struct QuantisedPlace {
  std::string path;
  Shape shape;
  WeightLayout layout;
  bool table;  // that an output layer shares
  std::function<void(const QuantisedMatrix& matrix)> put;  // in the place of the tensor, once
};
std::vector<QuantisedPlace> quantised_places(Module& root);
// What layers hold so already, adapters beside them or not.
struct QuantisedLayer {
  std::string path;  // as above
  QuantisedMatrix matrix;
};
std::vector<QuantisedLayer> quantised_layers(Module& root);
int64_t quantised_numbers(Module& root);  // in them

}  // namespace grim

// Matrices of few bits out of files: read, or rounded, one after the other, so that floats never stand in memory together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grimoire/hub/adapter_config.h"
#include "grimoire/io/tensor_source.h"
#include "grimoire/nn/products.h"

namespace grim {

// What few bits a matrix of a file is to be held in, where a model's are held as `products` says; nothing: in none.
std::optional<BlockType> few_bits_of(const TensorSource& source, WeightType products);
WeightType weight_type(BlockType type);
// A matrix that lies in `layout` there. throws: input, as source.read
QuantisedMatrix quantised(const TensorSource& source, BlockType type, WeightLayout layout = WeightLayout::out_in);

// Dettmers et al. 2023, "QLoRA: Efficient Finetuning of Quantized LLMs", section 3, with ggml's blocks in the place of its NF4: the matrices that stay as they
// are beside an adapter are held in few bits, as config.base_dtype says, and read out of config.base. Tables, output layers and what learns whole are as they
// were. Without a base to read the model's own numbers are rounded. Done once; then nothing. throws: input; argument, no matrix of such rows
void hold_base(Pretrained& model, const AdapterConfig& config);

// Of what a model's tensors are loaded from, the rest: what it holds in few bits stays.
std::vector<TensorSource> beside_few_bits(Module& model, std::vector<TensorSource> sources);

}  // namespace grim

// Which rows of the query and key projections of a Llama are turned together by its rotary positions. Meta's checkpoints, llama2.c and llama.cpp take
// neighbours, Hugging Face those that are half a head apart: rows (H, 2, D/2) there are (H, D/2, 2) here.
#pragma once

#include "grimoire/base/json.h"
#include "grimoire/io/tensor_source.h"

namespace grim {

// A tensor of Hugging Face's name (self_attn.q_proj, self_attn.k_proj) from neighbours to halves, and back; others as they are. `config`: config.json's
// heads; `path` names the source in errors. throws: input, rows that do not split into the heads
TensorSource rotary_halves(const TensorSource& x, const Json& config, const std::string& path);
TensorSource rotary_neighbours(const TensorSource& x, const Json& config, const std::string& path);

}  // namespace grim

// Activation patching: a residual stream kept from one run and put into another (Meng et al. 2022, "Locating and Editing Factual Associations
// in GPT", section 2).
#pragma once

#include <grimoire/grimoire.h>

#include <string>

// The stream behind the block at this path, of the run with these tokens (1, T).
grim::Tensor kept_residual(grim::CausalLm& model, const std::string& block, const grim::Tensor& tokens);
// Logits of a run with other tokens whose stream behind the block is `residual`.
grim::Tensor patched_logits(grim::CausalLm& model, const std::string& block, const grim::Tensor& tokens, const grim::Tensor& residual);

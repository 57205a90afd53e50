// A mixture of experts as models of several families have it: their options, their keys of config.json, what they cost.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/experts.h"

namespace grim {

Options expert_options(ExpertOptions* o);
void check_experts(const char* type, const ExpertOptions& o);          // throws: argument, values that do not go together
std::vector<std::string> expert_warnings(const ExpertOptions& o);

// Numbers that the mixture of one layer has, and those that a token meets, where one expert has so many.
double expert_parameters(const ExpertOptions& o, double of_one, double width);
double expert_work(const ExpertOptions& o, double of_one, double width);
// Contexts so long that rows share out evenly (EvenRouting).
std::vector<SizeAxis> axes_with_experts(std::vector<SizeAxis> axes, const ExpertOptions& o);

// As Mixtral's config.json has them: num_local_experts, num_experts_per_tok, router_aux_loss_coef, router_jitter_noise. What has no key there has ours,
// grimoire_..., and only where it is not Mixtral's: what transformers does not know is computed otherwise there.
// transformers' router loss is one number over all L layers at once, and k where ours is 1 (f over tokens, not choices): its factor is L/k of ours.
void add_mixtral_keys(const ExpertOptions& o, int64_t layers, Json& json);
ExpertOptions mixtral_experts(const Json& json, int64_t layers);  // throws: input
std::span<const KeyRule> mixtral_rules();

// Where the family has no keys of its own: all are ours, and none without experts.
void add_expert_keys(const ExpertOptions& o, Json& json);
ExpertOptions experts_from(const Json& json);  // throws: input
std::span<const KeyRule> expert_rules();

}  // namespace grim

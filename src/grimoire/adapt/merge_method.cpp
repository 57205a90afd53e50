#include "grimoire/adapt/merge_method.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {

std::vector<double> MergeCase::each(const std::string& name) const {
  std::vector<double> all;
  for (size_t k = 0; k < models.size(); ++k) all.push_back(value(name, k));
  return all;
}

namespace {

using Of = MergeParameter::Of;
using Base = MergeMethod::Base;

MergeParameter weight(std::optional<double> initial) { return {"weight", "how much the model counts; below 0 it is taken away", Of::model, initial}; }
MergeParameter normalize(bool initial) { return {"normalize", "divide by the weights that counted", Of::all, initial ? 1.0 : 0.0, 0, 1}; }
MergeParameter density() { return {"density", "the share of its task vector that is left", Of::model, 1.0, 0, 1}; }
MergeParameter t() { return {"t", "the share of the second: 0 gives the base", Of::all, std::nullopt, 0, 1}; }
const MergeParameter kLambda = {"lambda", "the whole update, times this", Of::all, 1.0};
const MergeParameter kGamma = {"gamma", "the share of the largest that is left out", Of::model, 0.01, 0, 1};
const MergeParameter kEpsilon = {"epsilon", "half of how far the chances lie apart", Of::model, 0.15, 0, 0.5};
const MergeParameter kRescale = {"rescale", "what is left is scaled up for what was dropped", Of::all, 1.0, 0, 1};

std::vector<MergeParameter> with(std::vector<MergeParameter> first, const std::vector<MergeParameter>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}
std::vector<MergeParameter> task_vectors(bool normalizes, const std::vector<MergeParameter>& more) {
  return with({weight(std::nullopt), normalize(normalizes), kLambda}, more);
}

}  // namespace

const std::vector<MergeMethod>& merge_methods() {
  static const std::vector<MergeMethod> all = {
      {"linear", "the weighted mean (model soup)", Base::none, 1, SIZE_MAX, {weight(std::nullopt), normalize(true)}, merge_linear},
      {"slerp", "along the arc between two", Base::among_models, 2, 2, {t()}, merge_slerp},
      {"nuslerp", "along the arc between two, by weights", Base::optional, 2, 2,
       {weight(std::nullopt), {"nuslerp_flatten", "a tensor is one vector; else its rows or columns are", Of::all, 1.0, 0, 1},
        {"nuslerp_row_wise", "not its rows but its columns are, as mergekit has it", Of::all, 0.0, 0, 1}},
       merge_nuslerp},
      {"karcher", "the mean on the sphere", Base::none, 2, SIZE_MAX,
       {{"max_iter", "steps at most", Of::all, 10.0, 1, 1e6}, {"tol", "it ends with a step shorter than this", Of::all, 1e-5, 0, 1}}, merge_karcher},
      {"multislerp", "the mean on the sphere, in one step", Base::optional, 2, SIZE_MAX,
       {weight(std::nullopt), {"normalize_weights", "weights sum to 1", Of::all, 1.0, 0, 1}, {"eps", "a step shorter than this is none", Of::all, 1e-8, 0, 1}},
       merge_multislerp},
      {"nearswap", "the model's numbers where they lie near the base's", Base::required, 1, 1, {{"t", "how near", Of::all, std::nullopt, 0}}, merge_nearswap},
      {"model_stock", "the mean of several tunings, drawn back to the base by their angle", Base::required, 2, SIZE_MAX,
       {{"filter_wise", "an angle for each row", Of::all, 0.0, 0, 1}}, merge_model_stock},
      {"passthrough", "layers as they are", Base::none, 1, 1, {{"scale", "times this", Of::model, 1.0}}, merge_passthrough},
      {"task_arithmetic", "the base, and the weighted sum of what each model learned", Base::required, 1, SIZE_MAX, task_vectors(false, {}),
       merge_task_arithmetic},
      {"ties", "the largest of each update, where signs agree", Base::required, 1, SIZE_MAX, task_vectors(true, {density()}), merge_ties},
      {"dare_linear", "updates thinned out at random, summed", Base::required, 1, SIZE_MAX, task_vectors(false, {density(), kRescale}), merge_dare_linear},
      {"dare_ties", "updates thinned out at random, where signs agree", Base::required, 1, SIZE_MAX, task_vectors(false, {density(), kRescale}),
       merge_dare_ties},
      {"breadcrumbs", "updates without their largest and smallest", Base::required, 1, SIZE_MAX, task_vectors(false, {density(), kGamma}), merge_breadcrumbs},
      {"breadcrumbs_ties", "the same, where signs agree", Base::required, 1, SIZE_MAX, task_vectors(false, {density(), kGamma}), merge_breadcrumbs_ties},
      {"della", "updates thinned out, small numbers first, where signs agree", Base::required, 1, SIZE_MAX,
       task_vectors(true, {density(), kEpsilon, kRescale}), merge_della},
      {"della_linear", "updates thinned out, small numbers first, summed", Base::required, 1, SIZE_MAX, task_vectors(false, {density(), kEpsilon, kRescale}),
       merge_della_linear},
      {"sce", "where updates vary most, weighted by their squares, where signs agree", Base::required, 1, SIZE_MAX,
       {{"select_topk", "the share of the places that counts", Of::all, 1.0, 0, 1}}, merge_sce},
      {"fisher", "each number by how much the loss hangs on it, on each model's 'data'", Base::none, 2, SIZE_MAX,
       {weight(1.0), {"rows", "so many rows of the data are read", Of::all, 64.0, 1, 1e9}}, merge_fisher, true}};
  return all;
}

const MergeMethod& merge_method(const std::string& name) {
  std::vector<std::string> names;
  for (const MergeMethod& m : merge_methods()) {
    if (m.name == name) return m;
    names.push_back(m.name);
  }
  fail(ErrorKind::input, "merge", str("there is no merge_method '{}'", name), did_you_mean(name, names, str("expected one of {}", joined(names))));
}

}  // namespace grim

// How one tensor is made of those that stand at its place in several models. Names, parameters and what they begin with are mergekit's.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

struct MergeParameter {
  enum class Of : uint8_t { model, all };  // each model has its own, or all share one
  std::string name, help;
  Of of = Of::all;
  std::optional<double> initial = {};  // nothing: it has to be given
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
};

// Tensors of one shape, f32 and dense. A method may overwrite them.
struct MergeCase {
  Tensor base = {};  // undefined: there is none, or the method has no use for one
  std::vector<Tensor> models = {};
  std::map<std::string, double> values = {};                   // of parameters that all share
  std::vector<std::map<std::string, double>> of_models = {};   // of the others, for each model
  Rng rng = Rng(RngMode::philox, 0);                           // of methods that drop at random: each tensor has its own
  std::vector<Tensor> information = {};                        // of methods that read data: for each model as the tensor, or undefined: nothing is known

  double value(const std::string& name) const { return values.at(name); }
  double value(const std::string& name, size_t model) const { return of_models[model].at(name); }
  std::vector<double> each(const std::string& name) const;  // of all models
};

struct MergeMethod {
  enum class Base : uint8_t { none, among_models, optional, required };  // among_models: it is the first of the two
  std::string name, what;  // what: one line
  Base base = Base::none;
  size_t least = 1, most = SIZE_MAX;  // models beside the base
  std::vector<MergeParameter> parameters = {};
  Tensor (*merge)(MergeCase& c) = nullptr;
  bool reads_data = false;  // of each model's task; not mergekit's
};

const std::vector<MergeMethod>& merge_methods();
const MergeMethod& merge_method(const std::string& name);  // throws: input, with the nearest name

// --- the methods -----------------------------------------------------------------------------------------------------
// Below, x_k are the models, b the base, w_k weights, d_k = x_k - b a model's task vector (Ilharco et al. 2023, "Editing Models with Task Arithmetic").

Tensor merge_linear(MergeCase& c);       // sum w x / sum w (Wortsman et al. 2022, "Model soups"); without `normalize` the sum alone
Tensor merge_passthrough(MergeCase& c);  // the one model, times `scale`
// Along the great circle between the two as vectors (Shoemake 1985): sin((1 - t) a) / sin a x + sin(t a) / sin a y, a the angle between them; where they
// lie in one direction or in opposite ones (|cos a| > 0.9995) on the straight line.
Tensor merge_slerp(MergeCase& c);
// The same with t = w_2 / (w_1 + w_2), by whole tensors, rows or columns; of task vectors where there is a base.
Tensor merge_nuslerp(MergeCase& c);
// The point on the unit sphere from which the angles to all directions have the least sum of squares (Karcher 1977, found by steps along their mean in
// the tangent plane), as long as the models are on the weighted average.
Tensor merge_karcher(MergeCase& c);
// The normalised weighted mean, moved by the mean of the directions' shadows on the plane that touches the sphere there, as long as the models are on the
// weighted average: as mergekit has it.
Tensor merge_multislerp(MergeCase& c);
// b + min(1, t / |d|) d: numbers that lie near each other take the model's place, those far away move by t.
Tensor merge_nearswap(MergeCase& c);
// Jang, Yun and Han 2024, "Model Stock": t mean(x) + (1 - t) b with t = n cos a / (1 + (n - 1) cos a), a the mean angle between task vectors.
Tensor merge_model_stock(MergeCase& c);

// Matena and Raffel 2022, "Merging Models with Fisher-Weighted Averaging": sum w F x / sum w F, where F says how much the model's loss hangs on the number;
// the plain weighted mean where it hangs on it in none. Not mergekit's.
Tensor merge_fisher(MergeCase& c);

Tensor merge_task_arithmetic(MergeCase& c);   // b + lambda sum w d
Tensor merge_ties(MergeCase& c);              // Yadav et al. 2023: the largest of each, then the mean of those whose sign outweighs
Tensor merge_dare_linear(MergeCase& c);       // Yu et al. 2023: dropped at random, the rest scaled up, then the sum
Tensor merge_dare_ties(MergeCase& c);         // the same, joined as ties
// Davari and Belilovsky 2024, "Model Breadcrumbs": of each the smallest and the `gamma` largest are left out
Tensor merge_breadcrumbs(MergeCase& c);
Tensor merge_breadcrumbs_ties(MergeCase& c);
// Deep, Bhardwaj and Poria 2024, "DELLA-Merging": dropped with probabilities that fall with the rank of a number in its row, by `epsilon` either way
Tensor merge_della(MergeCase& c);
Tensor merge_della_linear(MergeCase& c);
// Wan et al. 2024, "FuseChat" (SCE): the places where the task vectors vary most, weights by their squares there, signs that outweigh
Tensor merge_sce(MergeCase& c);

}  // namespace grim

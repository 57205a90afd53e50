// Parameters of one training run, laid out flat: values, gradients and optimiser state are four long arrays in the same
// order, so that an update is one sweep over memory and a reduction over ranks is one message.
// In bf16 training (Micikevicius et al. 2018, "Mixed Precision Training", section 3.1; without its loss scaling, which bf16's range does not need)
// the values are masters in f32, and the tensors of two or more axes look at a fifth array, which the optimiser keeps equal to them, rounded.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

class Parameters {
 public:
  // Moves every tensor's values into one buffer (the tensors keep working, they now look there) and lets their gradients
  // collect in another. All of one dtype, f32 or f64. Tensors that take no gradient yet become leaves. `working` bf16, of f32 tensors: those of two or more
  // axes are what the masters round to.
  explicit Parameters(const std::vector<NamedTensor>& tensors, Dtype working = Dtype::f32);

  struct Range {
    std::string name;
    Tensor tensor;
    int64_t begin, end;  // elements in the flat buffers; 64-byte aligned, padded with zeros
    double weight_decay_scale = 1.0;
    double rate_scale = 1.0;  // its learning rate is multiplied by this
  };
  const std::vector<Range>& ranges() const { return ranges_; }
  int64_t count() const { return count_; }  // numbers that are trained
  Dtype dtype() const { return values_.dtype(); }
  const Tensor& values() const { return values_; }
  const Tensor& working() const { return working_; }  // bf16; undefined: the tensors look at the values themselves
  void refresh() const;                               // the working numbers from the values, where something else than an optimiser wrote those
  const Tensor& gradients() const { return gradients_; }
  Tensor like_values() const;  // a zeroed flat buffer for optimiser state

  bool works_narrow(const Range& r) const;  // does its tensor look at `working`?

  void zero_grad() const;
  void settle_gradients() const;  // zeros where no gradient arrived; one that was collected elsewhere is copied in
  void scale_weight_decay(const std::function<double(const Range&)>& scale);
  void scale_rates(const std::function<double(const Range&)>& scale);  // of each above 0: what stays as it is, is frozen before (Module::freeze)

  // Euclidean norm of all gradients, the same bits for any number of threads.
  double gradient_norm() const;
  // Name of the first parameter whose gradient (or value) is NaN or infinite; empty when all are finite.
  std::string first_bad_gradient() const;
  std::string first_bad_value() const;

 private:
  std::vector<Range> ranges_;
  Tensor values_, working_, gradients_;
  int64_t count_ = 0;
};

// While one lives the tensors are the masters themselves, to be saved or loaded; then they are what those round to again.
class WithMasters {
 public:
  explicit WithMasters(const Parameters& parameters);
  ~WithMasters();
  WithMasters(const WithMasters&) = delete;
  WithMasters& operator=(const WithMasters&) = delete;

 private:
  const Parameters& parameters_;
};

// Weight decay on matrices only, as GPT-2 is trained: biases and norm gains are left alone.
double decay_matrices_only(const Parameters::Range& range);

}  // namespace grim

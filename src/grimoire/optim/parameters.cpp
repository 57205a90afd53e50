#include "grimoire/optim/parameters.h"

#include <set>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/moments.h"
#include "grimoire/optim/update.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {
constexpr int64_t kPad = 16;  // elements

// The length of part of a flat buffer; that of float64 numbers whose squares leave the range too.
double length(const Tensor& flat, int64_t begin, int64_t end) {
  const double squares = cpu::sum_of_squares(flat, begin, end);
  return std::isfinite(squares) ? std::sqrt(squares) : norm(view::slice(flat, 0, begin, end)).item();
}

Tensor window(const Tensor& flat, const Parameters::Range& r) {
  return view::try_reshape(view::slice(flat, 0, r.begin, r.begin + r.tensor.numel()), r.tensor.shape());
}

std::string first_bad(const std::vector<Parameters::Range>& ranges, const Tensor& flat) {
  for (const Parameters::Range& r : ranges)
    if (!std::isfinite(length(flat, r.begin, r.end))) return r.name;
  return "";
}
}  // namespace

Parameters::Parameters(const std::vector<NamedTensor>& tensors, Dtype working) {
  GRIM_CHECK(!tensors.empty(), argument, "optim", "there are no parameters to train");
  const Dtype dtype = tensors.front().tensor.dtype();
  GRIM_CHECK(working == Dtype::f32 || (working == Dtype::bf16 && dtype == Dtype::f32), dtype, "optim",
             "got {} tensors to work with in {}, expected f32",
             name_of(dtype), name_of(working));
  int64_t at = 0;
  std::set<std::string_view> names;
  for (const NamedTensor& t : tensors) {
    GRIM_CHECK(names.insert(t.name).second, argument, "optim", "two parameters are called '{}': each needs a name of its own", t.name);
    GRIM_CHECK(t.tensor.dtype() == dtype, dtype, "optim", "parameter '{}': got {}, expected {}", t.name,
               name_of(t.tensor.dtype()), name_of(dtype));
    const int64_t padded = (t.tensor.numel() + kPad - 1) / kPad * kPad;
    ranges_.push_back({t.name, t.tensor, at, at + padded});
    at += padded;
    count_ += t.tensor.numel();
  }
  values_ = Tensor::zeros({at}, dtype);
  gradients_ = Tensor::zeros({at}, dtype);
  if (working == Dtype::bf16) working_ = Tensor::zeros({at}, working);
  for (const Range& r : ranges_) {
    const Tensor values = window(values_, r);
    copy_into(values, r.tensor);
    r.tensor.rebind(values);
    if (works_narrow(r)) {
      copy_into(window(working_, r), values);
      r.tensor.rebind(window(working_, r));
    }
    requires_grad(r.tensor);
    grim::zero_grad(r.tensor);
    set_grad_buffer(r.tensor, window(gradients_, r));
  }
}

bool Parameters::works_narrow(const Range& r) const { return working_.defined() && r.tensor.ndim() >= 2; }

void Parameters::refresh() const {
  if (working_.defined()) copy_into(working_, values_);
}

WithMasters::WithMasters(const Parameters& parameters) : parameters_(parameters) {
  for (const Parameters::Range& r : parameters.ranges()) r.tensor.rebind(window(parameters.values(), r));
}
WithMasters::~WithMasters() {
  parameters_.refresh();
  for (const Parameters::Range& r : parameters_.ranges())
    if (parameters_.works_narrow(r)) r.tensor.rebind(window(parameters_.working(), r));
}

Tensor Parameters::like_values() const { return Tensor::zeros(values_.shape(), values_.dtype()); }

void Parameters::zero_grad() const {
  for (const Range& r : ranges_) grim::zero_grad(r.tensor);
}

void Parameters::settle_gradients() const {
  for (const Range& r : ranges_) {
    const Tensor arrived = grad(r.tensor);
    const char* const home = gradients_.raw() + r.begin * size_of(gradients_.dtype());
    if (!arrived.defined()) fill(view::slice(gradients_, 0, r.begin, r.end), 0);
    else if (arrived.raw() != home) set_grad_buffer(r.tensor, window(gradients_, r));  // the tensor became another leaf since
  }
}

void Parameters::scale_weight_decay(const std::function<double(const Range&)>& scale) {
  for (Range& r : ranges_) r.weight_decay_scale = scale(r);
}

void Parameters::scale_rates(const std::function<double(const Range&)>& scale) {
  for (Range& r : ranges_) {
    r.rate_scale = scale(r);
    GRIM_CHECK(r.rate_scale > 0, argument, "optim", "rate of '{}': got {} times the learning rate, expected more than 0", r.name, r.rate_scale);
  }
}

double Parameters::gradient_norm() const {
  settle_gradients();
  return length(gradients_, 0, gradients_.numel());
}

std::string Parameters::first_bad_gradient() const {
  settle_gradients();
  return first_bad(ranges_, gradients_);
}
std::string Parameters::first_bad_value() const { return first_bad(ranges_, values_); }

double decay_matrices_only(const Parameters::Range& range) { return range.tensor.ndim() >= 2 ? 1.0 : 0.0; }

}  // namespace grim

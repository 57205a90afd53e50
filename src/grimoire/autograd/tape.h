// The tape: reverse-mode differentiation in one file pair. It knows no operation: an op computes its result, then calls
//
//   return record(y, {a, b}, [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
//     if (dx.wants(0)) dx.add(0, dy * b);
//     if (dx.wants(1)) dx.add(1, dy * a);
//   });
//
// Every tensor that gradients flow to has one Node. A leaf (a parameter) has a Node without inputs; a result has a Node that
// remembers its inputs' Nodes and how to turn dy into their gradients. backward() walks Nodes from the newest to the oldest,
// which is a topological order because a result is always younger than its inputs, and frees each as it leaves it.
#pragma once

#include <functional>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

class Grads;
using GradHook = std::function<void(Tensor& gradient)>;  // may replace the gradient by assigning one of its shape and dtype

class Node : public Counted {
 public:
  Node(const Shape& shape, Dtype dtype);
  ~Node() override;
  static void* operator new(size_t bytes);
  static void operator delete(void* p, size_t bytes);

 protected:
  virtual void propagate(const Tensor&, Grads&) {}  // a leaf has nothing to do
  virtual void forget() {}                         // drops saved tensors once propagate has run

 private:
  friend class Grads;
  friend struct Tape;
  static constexpr int kInline = 6;
  void add(Tensor dx);
  Tensor target(bool& overwrite);

  uint64_t order_;
  uint64_t visit_ = 0;
  Shape shape_;
  Dtype dtype_;
  bool leaf_ = true;
  bool stale_ = false;  // grad_ is a buffer whose contents count as zero
  bool fixed_ = false;  // grad_ stays where it is: an optimiser reads that memory
  Tensor grad_;
  Ref<Node> inputs_[kInline];
  std::vector<Ref<Node>> more_inputs_;
  int input_count_ = 0;
  std::vector<GradHook> hooks_;
};

// Where a backward function puts the gradients of its inputs, by position.
class Grads {
 public:
  explicit Grads(Node& node) : node_(node) {}
  bool wants(int input) const;
  void add(int input, Tensor dx);  // dx of the input's shape; may be kept, so do not write to it afterwards
  // Writes straight into the gradient's memory: write(dx, beta) must compute dx = beta * dx + contribution, beta 0 or 1.
  // When beta is 0 the memory holds garbage. dx is dense.
  template <class F> void write(int input, F&& write) {
    if (!wants(input)) return;
    bool overwrite = false;
    Tensor dx = target(input, overwrite);
    write(dx, overwrite ? 0.0f : 1.0f);
  }
  // As write, for contributions to some elements only: the rest of dx is zeroed on first use and kept later.
  template <class F> void scatter(int input, F&& scatter) {
    if (wants(input)) scatter(zeroed_target(input));
  }

 private:
  Tensor target(int input, bool& overwrite);
  Tensor zeroed_target(int input);
  Node& node_;
};

// --- for users -----------------------------------------------------------------------------------------------------------
const Tensor& requires_grad(const Tensor& x, bool on = true);  // makes x a leaf that collects gradients; returns x
bool tracked(const Tensor& x);                                 // does a gradient flow to x?
Tensor grad(const Tensor& x);      // collected gradient of a leaf; undefined (see Tensor) before backward or after zero_grad
void zero_grad(const Tensor& x);   // forgets the gradient, keeps its memory
void set_grad_buffer(const Tensor& leaf, const Tensor& buffer);  // collect into this memory from now on (flat optimisers)
Tensor detach(const Tensor& x);    // the same numbers, no history

// Adds d(loss)/d(leaf) to every leaf below `loss`. dloss defaults to 1 and then loss must be one element.
void backward(const Tensor& loss, Tensor dloss = {});

// Called once for each backward with the complete gradient: of a result before it is passed on, of a leaf after it has been
// added up. Data-parallel training and inspection hang on here.
void on_grad(const Tensor& x, GradHook hook);

bool grad_enabled();
class NoGrad {  // nothing is recorded while one of these is alive on this thread
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

// --- for ops -------------------------------------------------------------------------------------------------------------
inline Tensor saved(const Tensor& x) { return detach(x); }  // what a backward captures: numbers without history

namespace detail {
bool any_tracked(const Tensor* inputs, size_t count);
void attach(const Tensor& y, Node* node, const Tensor* inputs, size_t count);
template <class F> class Recorded final : public Node {
 public:
  Recorded(const Shape& shape, Dtype dtype, F&& f) : Node(shape, dtype) { new (&f_) F(std::move(f)); }
  ~Recorded() override { if (alive_) f_.~F(); }

 private:
  void propagate(const Tensor& dy, Grads& dx) override { f_(dy, dx); }
  void forget() override {
    if (alive_) f_.~F();
    alive_ = false;
  }
  union { F f_; };
  bool alive_ = true;
};
}  // namespace detail

// y, remembering how dy becomes the gradients of `inputs` when any of them is tracked. y must be new: no Node yet.
template <class F> Tensor record(Tensor y, std::initializer_list<Tensor> inputs, F backward) {
  if (detail::any_tracked(inputs.begin(), inputs.size()))
    detail::attach(y, new detail::Recorded<F>(y.shape(), y.dtype(), std::move(backward)), inputs.begin(), inputs.size());
  return y;
}
template <class F> Tensor record(Tensor y, const std::vector<Tensor>& inputs, F backward) {
  if (detail::any_tracked(inputs.data(), inputs.size()))
    detail::attach(y, new detail::Recorded<F>(y.shape(), y.dtype(), std::move(backward)), inputs.data(), inputs.size());
  return y;
}

}  // namespace grim

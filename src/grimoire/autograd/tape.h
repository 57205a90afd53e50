// The tape: reverse-mode differentiation in one file pair. It knows no operation: an op computes its result, then calls
//
//   return record(y, {a, b}, [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
//     if (dx.wants(0)) dx.add(0, dy * b);
//     if (dx.wants(1)) dx.add(1, dy * a);
//   });
//
// Every tensor that gradients flow to has one Node. A leaf (a parameter) has a Node without inputs; a result has a Node that
// remembers its inputs' Nodes and how to turn dy into their gradients. backward() walks Nodes from the newest to the oldest,
// which is a topological order because a result is always younger than its inputs, and frees each as it leaves it. It counts the
// edges that still lead to a leaf: with the last one its gradient is complete and its hooks are called, long before the walk ends.
// recomputed() trades memory for time: what lies between its inputs and its result is forgotten and worked out again on the way back.
#pragma once

#include <array>
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
  Tensor target(bool& overwrite, Dtype dtype);

  uint64_t order_;
  uint64_t visit_ = 0;
  int64_t edges_ = 0;  // of this walk, that are still to bring a gradient or to turn out to bring none
  Shape shape_;
  Dtype dtype_, grad_dtype_;  // the value's, which contributions have; and the gradient's
  bool leaf_ = true;
  bool stale_ = false;  // grad_ is a buffer whose contents count as zero
  Tensor grad_;
  Tensor buffer_;  // where grad_ stays: an optimiser reads that memory; undefined: anywhere
  Ref<Node> inputs_[kInline];
  std::vector<Ref<Node>> more_inputs_;
  int input_count_ = 0;
  std::vector<GradHook> hooks_;
};

// Room for one gradient: dx = beta * dx + contribution, beta 0 or 1; with 0 the memory holds garbage. Undefined: none is wanted.
struct GradSlot {
  Tensor dx;
  float beta = 0;
};

// Where a backward function puts the gradients of its inputs, by position.
class Grads {
 public:
  explicit Grads(Node& node) : node_(node) {}
  bool wants(int input) const;
  // dx of the input's shape, of its dtype or, of bf16 numbers, f32; may be kept, so do not write to it afterwards
  void add(int input, Tensor dx);
  // Writes straight into the gradient's memory: write(dx, beta) must compute dx = beta * dx + contribution, beta 0 or 1.
  // When beta is 0 the memory holds garbage. dx is dense, of the value's dtype.
  template <class F> void write(int input, F&& write) { write_as(input, value_dtype(input), write); }
  // The same, in f32 for numbers that are stored in bf16, as which gradients of trained weights collect.
  template <class F> void write_wide(int input, F&& write) { write_as(input, computed_in(value_dtype(input)), write); }
  // As write, for the gradients of the first N inputs at once: write(slots), an array of GradSlot.
  template <int N, class F> void write_first(F&& write) {
    std::array<GradSlot, N> slots;
    for (int i = 0; i < N; ++i) {
      if (!wants(i)) continue;
      bool overwrite = false;
      slots[i].dx = target(i, overwrite, value_dtype(i));
      slots[i].beta = overwrite ? 0.0f : 1.0f;
    }
    write(slots);
    for (int i = 0; i < N; ++i)
      if (slots[i].dx.defined()) settle(i, slots[i].dx);
  }
  // As write_wide, for contributions to some elements only: the rest of dx is zeroed on first use and kept later. Never bf16: many are added up.
  template <class F> void scatter(int input, F&& scatter) { scatter_as(input, computed_in(value_dtype(input)), scatter); }
  // The same where no element gets two: of the dtype in which the gradient collects, if it is bf16 in bf16.
  template <class F> void scatter_once(int input, F&& scatter) { scatter_as(input, collecting_dtype(input), scatter); }

 private:
  template <class F> void write_as(int input, Dtype dtype, F&& write) {
    if (!wants(input)) return;
    bool overwrite = false;
    const Tensor dx = target(input, overwrite, dtype);
    write(dx, overwrite ? 0.0f : 1.0f);
    settle(input, dx);
  }
  template <class F> void scatter_as(int input, Dtype dtype, F&& scatter) {
    if (!wants(input)) return;
    const Tensor dx = zeroed_target(input, dtype);
    scatter(dx);
    settle(input, dx);
  }
  Dtype value_dtype(int input) const;
  Dtype collecting_dtype(int input) const;  // the gradient's, where it is not f64 for f32
  Tensor target(int input, bool& overwrite, Dtype dtype);
  Tensor zeroed_target(int input, Dtype dtype);
  void settle(int input, const Tensor& dx);  // adds what was not written in place
  Node& node_;
};

// --- for users -----------------------------------------------------------------------------------------------------------
const Tensor& requires_grad(const Tensor& x, bool on = true);  // makes x a leaf that collects gradients; returns x
bool tracked(const Tensor& x);                                 // does a gradient flow to x?
Tensor grad(const Tensor& x);      // collected gradient of a leaf; undefined (see Tensor) before backward or after zero_grad
void zero_grad(const Tensor& x);   // forgets the gradient, keeps its memory
// Collect into this memory from now on (flat optimisers); a gradient that has arrived moves there. The memory's dtype, f32 or f64, is the
// gradient's and need not be the leaf's.
void set_grad_buffer(const Tensor& leaf, const Tensor& buffer);
Tensor detach(const Tensor& x);    // the same numbers, no history

// The leaves that a backward met and brought no gradient to: those behind an op that passes none on. (A leaf that the loss does not
// depend on is not met at all.)
class LeavesWithoutGradient {
 public:
  bool contains(const Tensor& leaf) const;
  size_t size() const { return nodes_.size(); }

 private:
  friend struct Tape;
  std::vector<const Counted*> nodes_;  // sorted
};
using BackwardEnd = std::function<void(const LeavesWithoutGradient&)>;

// Adds d(loss)/d(leaf) to every leaf below `loss`. dloss defaults to 1 and then loss must be one element. `at_end` is called when no
// gradient is to come any more: who waits for all of a set of leaves learns there which it waits for in vain.
void backward(const Tensor& loss, Tensor dloss = {}, const BackwardEnd& at_end = {});

// Called once for each backward with the complete gradient, as soon as it is that: of a result before it is passed on, of a leaf
// when the last op that uses it has added its share, which is while the backward of older ops is still to come. A leaf that no
// gradient reaches is not called for. Data-parallel training and inspection hang on here.
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

// What `now` computes, as if it were called alone, but for memory: of all that lies between the tensors that it takes from outside and its result,
// nothing is kept. The backward pass calls `again`, records it, and walks back through it (Chen et al. 2016, "Training Deep Nets with Sublinear Memory
// Cost"). What a function takes from outside, inputs and parameters alike, is found by looking; gradients are added up in the order in which they are
// without recomputed(), and so have the same bits. Hooks of what lies between are registered by `now` and called once; those that `again` registers
// are not. recomputed() may stand inside of what is recomputed.
// `again` must do what `now` did, and whatever it captures must live until the backward pass. Of tensors that `now` hands out beside its result the
// history is lost: backward() refuses what was computed of them.
// throws: state, in the backward pass, when `again` makes a result of another shape or of tensors that `now` did not take
Tensor recomputed(const std::function<Tensor()>& now, std::function<Tensor()> again);
inline Tensor recomputed(const std::function<Tensor()>& function) { return recomputed(function, function); }
bool recomputed_later();  // is this thread inside such a `now`?

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

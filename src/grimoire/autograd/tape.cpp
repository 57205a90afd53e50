#include "grimoire/autograd/tape.h"

#include <algorithm>
#include <atomic>

#include "grimoire/device/memory.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {
std::atomic<uint64_t> next_order{1};
thread_local bool recording = true;
}  // namespace

// The functions below reach into Nodes; nobody else does.
struct Tape {
  static Node* node(const Tensor& x) { return static_cast<Node*>(x.node().get()); }
  static Ref<Node>& input(Node& n, int i) { return i < Node::kInline ? n.inputs_[i] : n.more_inputs_[i - Node::kInline]; }

  static void set_inputs(Node& node, const Tensor* inputs, size_t count) {
    node.leaf_ = false;
    node.input_count_ = static_cast<int>(count);
    if (count > Node::kInline) node.more_inputs_.resize(count - Node::kInline);
    for (size_t i = 0; i < count; ++i)
      if (inputs[i].defined()) input(node, static_cast<int>(i)) = Ref<Node>(Tape::node(inputs[i]));
  }

  // Nodes reachable from `root`, newest first, with the edges that lead to each from the others counted: two of x x. They are held so
  // that freeing one cannot free another too early.
  static std::vector<Ref<Node>> collect(Node* root) {
    static std::atomic<uint64_t> visits{0};
    const uint64_t visit = visits.fetch_add(1) + 1;
    std::vector<Ref<Node>> found{Ref<Node>(root)};
    root->visit_ = visit;
    root->edges_ = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      Node& n = *found[i];
      for (int k = 0; k < n.input_count_; ++k) {
        Node* in = input(n, k).get();
        if (!in) continue;
        if (in->visit_ != visit) {
          in->visit_ = visit;
          in->edges_ = 0;
          found.emplace_back(in);
        }
        ++in->edges_;
      }
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a->order_ > b->order_; });
    return found;
  }

  static bool has_gradient(const Node& n) { return n.grad_.defined() && !n.stale_; }

  // A result passes its gradient on; the leaves whose last edge this was are complete. Without a gradient nothing is passed on, and the
  // edges are taken off all the same.
  static void run(Node& n) {
    const bool reached = has_gradient(n);
    if (reached) {
      call_hooks(n);
      GRIM_CHECK(n.input_count_ > 0, state, "backward", "this graph was walked before and freed; record it again");
      const Tensor dy = std::move(n.grad_);
      n.grad_ = Tensor();
      Grads dx(n);
      n.propagate(dy, dx);
      n.forget();
    }
    for (int k = 0; k < n.input_count_; ++k) {
      Ref<Node>& in = input(n, k);
      if (in && --in->edges_ == 0 && in->leaf_) call_hooks(*in);
    }
    if (!reached) return;
    for (int k = 0; k < n.input_count_; ++k) input(n, k) = Ref<Node>();
    n.input_count_ = 0;
  }

  // What a hook puts in the gradient's place is copied to where an optimiser looks for it, or into memory of the gradient's own: later
  // backwards add to it.
  static void call_hooks(Node& n) {
    if (!has_gradient(n)) return;
    for (const GradHook& hook : n.hooks_) {
      const void* const before = n.grad_.raw();
      hook(n.grad_);
      GRIM_CHECK(n.grad_.defined() && n.grad_.shape() == n.shape_ && n.grad_.dtype() == n.grad_dtype_, shape, "on_grad",
                 "the hook's gradient: got {}, expected {} {}",
                 n.grad_.defined() ? str("{} {}", name_of(n.grad_.dtype()), n.grad_.shape()) : std::string("an undefined tensor"),
                 name_of(n.grad_dtype_), n.shape_);
      if (n.buffer_.defined()) come_home(n);
      else if (n.grad_.raw() != before || !n.grad_.contiguous()) n.grad_ = copy(n.grad_);
    }
  }

  static void come_home(Node& n) {
    if (n.grad_.raw() == n.buffer_.raw() && n.grad_.contiguous()) return;
    copy_into(n.buffer_, n.grad_);
    n.grad_ = view::alias(n.buffer_);
  }

  static LeavesWithoutGradient without_gradient(const std::vector<Ref<Node>>& found) {
    LeavesWithoutGradient leaves;
    for (const Ref<Node>& n : found)
      if (n->leaf_ && !has_gradient(*n)) leaves.nodes_.push_back(n.get());
    std::sort(leaves.nodes_.begin(), leaves.nodes_.end());
    return leaves;
  }

  static void collect_into(Node& n, const Tensor& buffer) {
    n.stale_ = !has_gradient(n);
    if (!n.stale_) copy_into(buffer, n.grad_);
    n.buffer_ = view::alias(buffer);  // an own handle: what a hook does to its own cannot move this one
    n.grad_ = view::alias(buffer);
    n.grad_dtype_ = buffer.dtype();
  }

  static void seed(Node& n, Tensor dloss) { n.add(std::move(dloss)); }
  static Tensor& grad(Node& n) { return n.grad_; }
  static bool& stale(Node& n) { return n.stale_; }
  static bool leaf(const Node& n) { return n.leaf_; }
  static std::vector<GradHook>& hooks(Node& n) { return n.hooks_; }
};

Node::Node(const Shape& shape, Dtype dtype) : order_(next_order.fetch_add(1)), shape_(shape), dtype_(dtype), grad_dtype_(dtype) {}

// A long chain of Nodes is taken apart by a loop, not by recursion: a graph may be deeper than the stack.
Node::~Node() {
  static thread_local std::vector<Ref<Node>>* doomed = nullptr;
  std::vector<Ref<Node>> mine;
  const bool outermost = doomed == nullptr;
  if (outermost) doomed = &mine;
  for (int k = 0; k < input_count_; ++k)
    if (Ref<Node>& in = Tape::input(*this, k)) doomed->push_back(std::move(in));
  if (!outermost) return;
  while (!mine.empty()) {
    Ref<Node> last = std::move(mine.back());
    mine.pop_back();
  }
  doomed = nullptr;
}

void* Node::operator new(size_t bytes) { return device::allocate(bytes); }
void Node::operator delete(void* p, size_t bytes) { device::release(p, bytes); }

void Node::add(Tensor dx) {
  GRIM_CHECK(dx.shape() == shape_ && dx.dtype() == dtype_, shape, "backward", "gradient: got {} {}, expected {} {}",
             dx.shape(), name_of(dx.dtype()), shape_, name_of(dtype_));
  if (converts()) dx = cast(dx, grad_dtype_);
  if (!grad_.defined()) {
    // A leaf owns its gradient, so that nothing else can change it; a result passes on what it was given.
    grad_ = leaf_ && !(dx.sole_owner() && dx.contiguous()) ? copy(dx) : std::move(dx);
  } else if (stale_) {
    copy_into(grad_, dx);
  } else {
    if (!leaf_ && !(grad_.sole_owner() && grad_.contiguous())) grad_ = copy(grad_);
    add_into(grad_, dx);
  }
  stale_ = false;
}

Tensor Node::target(bool& overwrite) {
  if (converts()) {
    overwrite = true;
    return Tensor::empty(shape_, dtype_);
  }
  overwrite = !grad_.defined() || stale_;
  if (!grad_.defined()) grad_ = Tensor::empty(shape_, dtype_);
  if (!leaf_ && !overwrite && !(grad_.sole_owner() && grad_.contiguous())) grad_ = copy(grad_);
  stale_ = false;
  return grad_;
}

bool Grads::wants(int input) const { return static_cast<bool>(Tape::input(node_, input)); }
void Grads::add(int input, Tensor dx) {
  if (wants(input)) Tape::input(node_, input)->add(std::move(dx));
}
Tensor Grads::target(int input, bool& overwrite) { return Tape::input(node_, input)->target(overwrite); }
Tensor Grads::zeroed_target(int input) {
  bool overwrite = false;
  Tensor dx = Tape::input(node_, input)->target(overwrite);
  if (overwrite) fill(dx, 0);
  return dx;
}

void Grads::settle(int input, const Tensor& dx) {
  if (Tape::input(node_, input)->converts()) add(input, dx);
}

const Tensor& requires_grad(const Tensor& x, bool on) {
  GRIM_CHECK(x.dtype() == Dtype::f32 || x.dtype() == Dtype::f64, dtype, "requires_grad",
             "dtype not supported: got {}, expected f32 or f64", name_of(x.dtype()));
  if (!on) {
    x.set_node({});
  } else if (!x.node()) {
    x.set_node(Ref<Counted>(new Node(x.shape(), x.dtype())));
  }
  return x;
}

bool tracked(const Tensor& x) { return x.defined() && static_cast<bool>(x.node()); }

Tensor grad(const Tensor& x) {
  if (!tracked(x)) return {};
  Node& n = *Tape::node(x);
  return Tape::stale(n) ? Tensor() : Tape::grad(n);
}

void zero_grad(const Tensor& x) {
  if (!tracked(x)) return;
  Node& n = *Tape::node(x);
  if (Tape::grad(n).defined()) Tape::stale(n) = true;
}

void set_grad_buffer(const Tensor& leaf, const Tensor& buffer) {
  GRIM_CHECK(tracked(leaf) && Tape::leaf(*Tape::node(leaf)), state, "set_grad_buffer", "the tensor is not a leaf");
  GRIM_CHECK(buffer.shape() == leaf.shape() && buffer.contiguous() && (buffer.dtype() == Dtype::f32 || buffer.dtype() == Dtype::f64), shape,
             "set_grad_buffer", "got {} {}, expected f32 or f64 {}, dense", name_of(buffer.dtype()), buffer.shape(), leaf.shape());
  Tape::collect_into(*Tape::node(leaf), buffer);
}

Tensor detach(const Tensor& x) { return x.defined() ? view::alias(x) : Tensor(); }

bool LeavesWithoutGradient::contains(const Tensor& leaf) const {
  return tracked(leaf) && std::binary_search(nodes_.begin(), nodes_.end(), Tape::node(leaf));
}

void backward(const Tensor& loss, Tensor dloss, const BackwardEnd& at_end) {
  GRIM_CHECK(tracked(loss), state, "backward", "nothing was recorded below this tensor");
  if (!dloss.defined()) {
    GRIM_CHECK(loss.numel() == 1, shape, "backward", "got {}, expected one element (or pass dloss)", loss.shape());
    dloss = Tensor::ones(loss.shape(), loss.dtype());
  }
  NoGrad no_grad;
  Tape::seed(*Tape::node(loss), std::move(dloss));
  std::vector<Ref<Node>> order = Tape::collect(Tape::node(loss));
  if (Tape::leaf(*order[0])) Tape::call_hooks(*order[0]);  // the loss is a leaf
  for (Ref<Node>& n : order) {
    if (!Tape::leaf(*n)) Tape::run(*n);
    if (!at_end || !Tape::leaf(*n)) n = Ref<Node>();  // its memory may go now
  }
  if (!at_end) return;
  std::erase_if(order, [](const Ref<Node>& n) { return !n; });
  at_end(Tape::without_gradient(order));
}

void on_grad(const Tensor& x, GradHook hook) {
  GRIM_CHECK(tracked(x), state, "on_grad", "no gradient flows to this tensor");
  GRIM_CHECK(hook, argument, "on_grad", "got an empty hook");
  Tape::hooks(*Tape::node(x)).push_back(std::move(hook));
}

bool grad_enabled() { return recording; }
NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }

bool detail::any_tracked(const Tensor* inputs, size_t count) {
  if (!recording) return false;
  for (size_t i = 0; i < count; ++i)
    if (tracked(inputs[i])) return true;
  return false;
}

void detail::attach(const Tensor& y, Node* node, const Tensor* inputs, size_t count) {
  Tape::set_inputs(*node, inputs, count);
  y.set_node(Ref<Counted>(node));
}

}  // namespace grim

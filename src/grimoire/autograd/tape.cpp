#include "grimoire/autograd/tape.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "grimoire/device/memory.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {
std::atomic<uint64_t> next_order{1};

// Hooks of what lies inside of a recomputed function, by the place of the result that they hang on among all that the function records.
using InnerHooks = std::vector<std::pair<size_t, std::vector<GradHook>>>;

// The first run of a recomputed function. All goes as if it were recorded, but that the results' Nodes forget at once how they came about.
struct Rehearsal {
  uint64_t since = next_order.load();  // Nodes before it come from outside
  std::vector<Ref<Node>> taken = {};   // those of them that ops were given, in that order
  std::vector<Ref<Node>> results = {};

  void take(Node* node) {
    if (std::ranges::none_of(taken, [node](const Ref<Node>& n) { return n.get() == node; })) taken.emplace_back(node);
  }
};

// The second one, which records; the hooks of the first find their places again.
struct Replay {
  const InnerHooks& hooks;
  size_t results = 0, found = 0;

  const std::vector<GradHook>* next() {
    const size_t at = results++;
    return found < hooks.size() && hooks[found].first == at ? &hooks[found++].second : nullptr;
  }
};

struct State {
  bool recording = true;
  Rehearsal* rehearsal = nullptr;
  Replay* replay = nullptr;  // around a rehearsal when recomputed functions are nested
};
thread_local State state;

class Within {  // another state while it lives
 public:
  explicit Within(const State& inside) : before_(std::exchange(state, inside)) {}
  ~Within() { state = before_; }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;

 private:
  State before_;
};
}  // namespace

// The functions below reach into Nodes; nobody else does.
struct Tape {
  static Node* node(const Tensor& x) { return static_cast<Node*>(x.node().get()); }
  static Ref<Node>& input(Node& n, int i) { return i < Node::kInline ? n.inputs_[i] : n.more_inputs_[i - Node::kInline]; }

  template <class NodeOf> static void set_inputs(Node& node, size_t count, const NodeOf& node_of) {
    node.leaf_ = false;
    node.input_count_ = static_cast<int>(count);
    if (count > Node::kInline) node.more_inputs_.resize(count - Node::kInline);
    for (size_t i = 0; i < count; ++i) input(node, static_cast<int>(i)) = Ref<Node>(node_of(i));
  }

  // Nodes reachable from `root`, none older than `since`, newest first, with the edges that lead to each from the others counted: two of x x. They are
  // held so that freeing one cannot free another too early.
  static std::vector<Ref<Node>> collect(Node* root, uint64_t since = 0) {
    static std::atomic<uint64_t> visits{0};
    const uint64_t visit = visits.fetch_add(1) + 1;
    std::vector<Ref<Node>> found{Ref<Node>(root)};
    root->visit_ = visit;
    root->edges_ = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      Node& n = *found[i];
      for (int k = 0; k < n.input_count_; ++k) {
        Node* in = input(n, k).get();
        if (!in || !is_from(*in, since)) continue;
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
  // edges are taken off all the same; but not of Nodes older than `since`, which are another walk's.
  static void run(Node& n, uint64_t since = 0) {
    const bool reached = has_gradient(n);
    if (reached) {
      call_hooks(n);
      GRIM_CHECK(n.input_count_ > 0, state, "backward", "this graph was walked before and freed, or is the inside of a recomputed function; record it again");
      const Tensor dy = std::move(n.grad_);
      n.grad_ = Tensor();
      Grads dx(n);
      n.propagate(dy, dx);
      n.forget();
    }
    for (int k = 0; k < n.input_count_; ++k) {
      Ref<Node>& in = input(n, k);
      if (in && is_from(*in, since) && --in->edges_ == 0 && in->leaf_) call_hooks(*in);
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

  // A view's gradient collects in the dtype of what it looks at: in f32 that of a trained weight that is stored in bf16.
  static void collect_as(Node& view, const Node& whole) { view.grad_dtype_ = whole.grad_dtype_; }

  // A result's Node as a rehearsal has it: it holds its hooks, and nothing of its history.
  static void forget_history(Node& n) {
    n.leaf_ = false;
    n.forget();
  }
  static void take_hooks(Node& n, const std::vector<GradHook>* hooks) {
    if (hooks) n.hooks_ = *hooks;
  }
  static bool is_from(const Node& n, uint64_t since) { return n.order_ >= since; }

  static InnerHooks inner_hooks(const Rehearsal& r) {
    InnerHooks all;
    for (size_t i = 0; i < r.results.size(); ++i)
      if (!r.results[i]->hooks_.empty()) all.emplace_back(i, r.results[i]->hooks_);
    return all;
  }

  // The backward of a recomputed function: `again` is recorded and walked back through. What it took from outside gets its gradients right there;
  // to the walk around this one they are the inputs of `outer`, to which this one makes no difference.
  static void replay(Node& outer, const Tensor& dy, std::function<Tensor()> again, const InnerHooks& hooks) {
    GRIM_CHECK(again, state, "recomputed", "the backward pass failed inside of this function before; record it again");
    const uint64_t since = next_order.load();
    Ref<Node> root;
    {
      Replay second{hooks};
      const Within recorded({.recording = true, .rehearsal = nullptr, .replay = &second});
      const Tensor y = again();
      again = nullptr;  // what it captured lives on as far as it was recorded
      const bool same = tracked(y) && is_from(*node(y), since) && y.shape() == outer.shape_ && y.dtype() == outer.dtype_;
      GRIM_CHECK(same, state, "recomputed", "the second run made {}, expected {} {} of its own, as the first did: a function must do the same both times",
                 y.defined() ? str("{} {}", name_of(y.dtype()), y.shape()) : std::string("nothing"), name_of(outer.dtype_), outer.shape_);
      root = Ref<Node>(node(y));
    }
    std::vector<Ref<Node>> order = collect(root.get(), since);
    root = Ref<Node>();
    for (const Ref<Node>& n : order) check_taken(outer, *n, since);
    seed(*order[0], dy);
    for (Ref<Node>& n : order) {
      if (!n->leaf_) run(*n, since);
      n = Ref<Node>();
    }
  }

  // Whatever else stands behind `n` may have been walked through already.
  static void check_taken(Node& outer, Node& n, uint64_t since) {
    for (int k = 0; k < n.input_count_; ++k) {
      const Node* const in = input(n, k).get();
      bool taken = !in || is_from(*in, since);
      for (int i = 0; i < outer.input_count_ && !taken; ++i) taken = input(outer, i).get() == in;
      GRIM_CHECK(taken, state, "recomputed", "the second run took a {} {} that the first had not taken: a function must do the same both times",
                 name_of(in->dtype_), in->shape_);
    }
  }

  static void seed(Node& n, Tensor dloss) { n.add(std::move(dloss)); }
  static Tensor& grad(Node& n) { return n.grad_; }
  static bool& stale(Node& n) { return n.stale_; }
  static bool leaf(const Node& n) { return n.leaf_; }
  static std::vector<GradHook>& hooks(Node& n) { return n.hooks_; }
};

namespace {

class Recomputed final : public Node {
 public:
  Recomputed(const Tensor& y, std::function<Tensor()> again, InnerHooks hooks)
      : Node(y.shape(), y.dtype()), again_(std::move(again)), inner_hooks_(std::move(hooks)) {}

 private:
  void propagate(const Tensor& dy, Grads&) override { Tape::replay(*this, dy, std::exchange(again_, nullptr), inner_hooks_); }
  void forget() override { inner_hooks_.clear(); }

  std::function<Tensor()> again_;
  InnerHooks inner_hooks_;
};

}  // namespace

Tensor recomputed(const std::function<Tensor()>& now, std::function<Tensor()> again) {
  if (!state.recording || state.rehearsal) return now();
  Rehearsal first;
  Tensor y;
  {
    const Within rehearsed({.recording = true, .rehearsal = &first, .replay = state.replay});
    y = now();
  }
  if (!tracked(y) || !Tape::is_from(*Tape::node(y), first.since)) return y;  // it depends on nothing, or is one of what was taken
  std::vector<GradHook> own = std::move(Tape::hooks(*Tape::node(y)));  // the result's are called before those that come later
  y = detach(y);
  const Ref<Node> node(new Recomputed(y, std::move(again), Tape::inner_hooks(first)));
  Tape::hooks(*node) = std::move(own);
  Tape::set_inputs(*node, first.taken.size(), [&](size_t i) { return first.taken[i].get(); });
  y.set_node(Ref<Counted>(node.get()));
  return y;
}
bool recomputed_later() { return state.rehearsal != nullptr; }

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
  GRIM_CHECK(dx.shape() == shape_ && (dx.dtype() == dtype_ || computed_in(dx.dtype()) == computed_in(dtype_)), shape, "backward",
             "gradient: got {} {}, expected {} {}", dx.shape(), name_of(dx.dtype()), shape_, name_of(dtype_));
  dx = cast(dx, grad_dtype_);
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

Tensor Node::target(bool& overwrite, Dtype dtype) {
  if (dtype != grad_dtype_) {
    overwrite = true;
    return Tensor::empty(shape_, dtype);
  }
  overwrite = !grad_.defined() || stale_;
  if (!grad_.defined()) grad_ = Tensor::empty(shape_, grad_dtype_);
  if (!leaf_ && !overwrite && !(grad_.sole_owner() && grad_.contiguous())) grad_ = copy(grad_);
  stale_ = false;
  return grad_;
}

bool Grads::wants(int input) const { return static_cast<bool>(Tape::input(node_, input)); }
void Grads::add(int input, Tensor dx) {
  if (wants(input)) Tape::input(node_, input)->add(std::move(dx));
}
Tensor Grads::target(int input, bool& overwrite, Dtype dtype) { return Tape::input(node_, input)->target(overwrite, dtype); }
Dtype Grads::value_dtype(int input) const { return wants(input) ? Tape::input(node_, input)->dtype_ : Dtype::f32; }
Dtype Grads::collecting_dtype(int input) const {
  if (!wants(input)) return Dtype::f32;
  const Node& n = *Tape::input(node_, input);
  return n.dtype_ == Dtype::bf16 ? n.grad_dtype_ : n.dtype_;
}
Tensor Grads::zeroed_target(int input, Dtype dtype) {
  bool overwrite = false;
  Tensor dx = target(input, overwrite, dtype);
  if (overwrite) fill(dx, 0);
  return dx;
}

void Grads::settle(int input, const Tensor& dx) {
  if (dx.dtype() != Tape::input(node_, input)->grad_dtype_) add(input, dx);
}

const Tensor& requires_grad(const Tensor& x, bool on) {
  GRIM_CHECK(is_float(x.dtype()), dtype, "requires_grad", "dtype not supported: got {}, expected f32, f64 or bf16", name_of(x.dtype()));
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
  if (state.replay) return;  // the first run has registered it
  Tape::hooks(*Tape::node(x)).push_back(std::move(hook));
}

bool grad_enabled() { return state.recording; }
NoGrad::NoGrad() : before_(std::exchange(state.recording, false)) {}
NoGrad::~NoGrad() { state.recording = before_; }

bool detail::any_tracked(const Tensor* inputs, size_t count) {
  if (!state.recording) return false;
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    if (!tracked(inputs[i])) continue;
    if (!state.rehearsal) return true;
    any = true;
    Node* const n = Tape::node(inputs[i]);
    if (!Tape::is_from(*n, state.rehearsal->since)) state.rehearsal->take(n);
  }
  return any;
}

void detail::attach(const Tensor& y, Node* node, const Tensor* inputs, size_t count) {
  y.set_node(Ref<Counted>(node));
  if (count == 1 && inputs[0].storage().get() == y.storage().get()) Tape::collect_as(*node, *Tape::node(inputs[0]));
  if (state.replay) Tape::take_hooks(*node, state.replay->next());
  if (!state.rehearsal) return Tape::set_inputs(*node, count, [&](size_t i) { return inputs[i].defined() ? Tape::node(inputs[i]) : nullptr; });
  Tape::forget_history(*node);
  state.rehearsal->results.emplace_back(node);
}

}  // namespace grim

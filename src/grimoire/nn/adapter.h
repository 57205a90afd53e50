// Adapter: what learns over a Product that stays as it is. What it learned can be put into that one's numbers, where it costs nothing more, and be
// taken out of them again.
#pragma once

#include <memory>
#include <optional>

#include "grimoire/nn/linear.h"

namespace grim {

class Adapter : public Product {
 public:
  WeightLayout layout() const override { return base_->layout(); }
  Shape shape() const override { return base_->shape(); }
  const Product& base() const { return *base_; }
  // Puts `make(what is there now)` in the base's place.
  template <class Make> void replace_base(Make&& make) {
    release(*base_);
    base_ = make(std::move(base_));
    adopt(*base_);
  }

  // A layer's bias as it acts now, from the layer's own; as that, undefined where there is none.
  virtual Tensor bias(const Tensor& own) const { return own; }
  // The way back: the W (in, out) and the bias of what stays, from those with what was learned in them. throws: argument, none can be told from these
  virtual Tensor without(const Tensor& dense) const = 0;
  virtual Tensor bias_without(const Tensor& bias) const { return bias; }
  // Whether the layer is, to the bit, what it was.
  virtual bool changes_nothing() const = 0;

  // Of what goes into the part that learns each number is zero with probability p from now on, until another key is given, or none: each time with the
  // same key and so alike, also when a layer is computed again. Where nothing can be dropped this does nothing.
  virtual void drop(double p, const std::optional<DropoutKey>& key) { (void)p, (void)key; }

  // The adapter of a layer; null: it has none.
  static const Adapter* of(const Linear& layer) { return dynamic_cast<const Adapter*>(&layer.product()); }
  static Adapter* of(Linear& layer) { return const_cast<Adapter*>(of(static_cast<const Linear&>(layer))); }

 protected:
  explicit Adapter(std::unique_ptr<Product> base) : base_(std::move(base)) { adopt(*base_); }
  Dtype learned_dtype() const;  // whatever the base is kept in

 private:
  friend void merge_adapter(Linear& layer);
  friend void remove_adapter(Linear& layer);
  friend void take_off_adapter(Linear& layer);
  static std::unique_ptr<Product> base_of(std::unique_ptr<Product> adapter);
  static std::unique_ptr<Product> base_with(std::unique_ptr<Product> adapter, const Tensor& dense);
  std::unique_ptr<Product> base_;
};

// What the layer's adapter learned becomes part of the layer's own numbers, its bias among them, and the adapter goes: to a copy of the matrix where
// it is another layer's. A layer without an adapter stays as it is.
void merge_adapter(Linear& layer);
// The way back, of a layer whose numbers hold what its adapter learned: they are what they were before, up to rounding. throws: argument, as without()
void remove_adapter(Linear& layer);
// The adapter goes with what it learned.
void take_off_adapter(Linear& layer);

}  // namespace grim

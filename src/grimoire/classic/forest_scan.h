// Sums of a forest node by bin, and what a split of them is worth. `Tally` is one side of a split.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "grimoire/classic/forest_grow.h"

namespace grim::tree {

// Classes: a cell is K weights. gini: a side is worth sum l_k^2 / W; entropy: sum l_k log2 l_k - W log2 W; both larger is purer, and the
// gain is the worth of the sides minus the worth of the node.
class ClassTally {
 public:
  static constexpr bool kClasses = true;
  using Cell = float;
  ClassTally(const ForestGrow& o, double total_weight) : K_(static_cast<size_t>(o.classes)), entropy_(o.entropy) {
    if (entropy_) {  // whole weights, as bootstrap counts are, look their x log2 x up
      table_.resize(static_cast<size_t>(std::min(total_weight, 1e6)) + 2);
      for (size_t i = 1; i < table_.size(); ++i) table_[i] = static_cast<double>(i) * std::log2(static_cast<double>(i));
    }
    left_.resize(K_);
    total_.resize(K_);
  }
  size_t cell() const { return K_; }
  static void put(float* cells, size_t K, uint32_t bin, const ForestRow& r) { cells[bin * K + r.label] += r.weight; }

  void set_total(const ForestRow* rows, size_t n) {
    std::fill(total_.begin(), total_.end(), 0.0f);
    for (size_t i = 0; i < n; ++i) total_[rows[i].label] += rows[i].weight;
    weight_ = squares_ = 0;
    for (float c : total_) weight_ += c, squares_ += static_cast<double>(c) * c;
    worth_ = worth_of(total_.data(), weight_, squares_);
  }
  bool pure() const { return std::count_if(total_.begin(), total_.end(), [](float c) { return c > 0; }) <= 1; }
  double weight() const { return weight_; }
  const std::vector<float>& total() const { return total_; }

  void clear() {
    std::fill(left_.begin(), left_.end(), 0.0f);
    weight_left_ = left_squares_ = 0;
    right_squares_ = squares_;
  }
  // Moves a cell to the left: sum (l + h)^2 = sum l^2 + sum h (2 l + h), and likewise on the right with r = t - l.
  void add(const float* cell) {
    float weight = 0;
    double grow = 0, shrink = 0;
    for (size_t k = 0; k < K_; ++k) {
      const float h = cell[k], l = left_[k];
      weight += h;
      grow += static_cast<double>(h) * (2 * l + h);
      shrink += static_cast<double>(h) * (2 * (total_[k] - l) - h);
      left_[k] = l + h;
    }
    weight_left_ += weight;
    left_squares_ += grow;
    right_squares_ -= shrink;
  }
  void add_row(const ForestRow& r) {
    const double h = r.weight, l = left_[r.label];
    left_[r.label] += r.weight;
    weight_left_ += h;
    left_squares_ += h * (2 * l + h);
    right_squares_ -= h * (2 * (total_[r.label] - l) - h);
  }
  double left() const { return weight_left_; }
  double right() const { return weight_ - weight_left_; }
  double gain() const {
    if (!entropy_) return left_squares_ / weight_left_ + right_squares_ / (weight_ - weight_left_) - worth_;
    double sum = -x_log2_x(weight_left_) - x_log2_x(weight_ - weight_left_);
    for (size_t k = 0; k < K_; ++k) sum += x_log2_x(left_[k]) + x_log2_x(total_[k] - left_[k]);
    return sum - worth_;
  }
  double scale() const { return weight_; }
  // How often a category column is ordered, and by what.
  size_t orders() const { return K_ > 2 ? K_ : 1; }
  double rank(const float* cell, size_t order) const {
    float w = 0;
    for (size_t k = 0; k < K_; ++k) w += cell[k];
    return w > 0 ? cell[K_ > 2 ? order : 1] / w : 0;
  }

 private:
  double x_log2_x(double x) const {
    const auto i = static_cast<size_t>(std::max(0.0, x));
    if (i + 1 < table_.size() && static_cast<double>(i) == x) return table_[i];
    return x > 0 ? x * std::log2(x) : 0;
  }
  double worth_of(const float* count, double weight, double squares) const {
    if (!entropy_) return weight > 0 ? squares / weight : 0;
    double sum = -x_log2_x(weight);
    for (size_t k = 0; k < K_; ++k) sum += x_log2_x(count[k]);
    return sum;
  }

  size_t K_;
  bool entropy_;
  std::vector<double> table_;
  std::vector<float> left_, total_;
  double weight_ = 0, squares_ = 0, worth_ = 0, weight_left_ = 0, left_squares_ = 0, right_squares_ = 0;
};

// Numbers: a cell is (weight, weighted target); a side is worth S^2 / W, the gain is the drop of the squared error. Real: float, or double
// when ForestGrow has exact targets.
template <class Real> class SumTally {
 public:
  static constexpr bool kClasses = false;
  using Cell = Real;
  SumTally(const ForestGrow& o, double) : exact_(o.exact ? o.exact->data() : nullptr) {}
  static size_t cell() { return 2; }
  Real target(const ForestRow& r) const {
    if constexpr (sizeof(Real) == 4) return r.target;
    else return exact_[r.row];
  }
  void put(Real* cells, size_t, uint32_t bin, const ForestRow& r) const {
    cells[2 * bin] += r.weight;
    cells[2 * bin + 1] += r.weight * target(r);
  }
  void set_total(const ForestRow* rows, size_t n) {
    weight_ = sum_ = 0;
    low_ = high_ = target(rows[0]);
    for (size_t i = 0; i < n; ++i) {
      weight_ += rows[i].weight;
      sum_ += static_cast<double>(rows[i].weight) * target(rows[i]);
      low_ = std::min(low_, target(rows[i]));
      high_ = std::max(high_, target(rows[i]));
    }
  }
  bool pure() const { return low_ == high_; }
  double weight() const { return weight_; }
  void clear() { weight_left_ = sum_left_ = 0; }
  void add(const Real* cell) { weight_left_ += cell[0], sum_left_ += cell[1]; }
  void add_row(const ForestRow& r) { weight_left_ += r.weight, sum_left_ += static_cast<double>(r.weight) * target(r); }
  double left() const { return weight_left_; }
  double right() const { return weight_ - weight_left_; }
  double gain() const {
    const double r = sum_ - sum_left_;
    return sum_left_ * sum_left_ / weight_left_ + r * r / (weight_ - weight_left_) - sum_ * sum_ / weight_;
  }
  double scale() const { return sum_ * sum_ / weight_; }
  static size_t orders() { return 1; }
  static double rank(const Real* cell, size_t) { return cell[0] > 0 ? static_cast<double>(cell[1] / cell[0]) : 0; }

 private:
  const double* exact_;
  double weight_ = 0, sum_ = 0, weight_left_ = 0, sum_left_ = 0;
  Real low_ = 0, high_ = 0;
};

}  // namespace grim::tree

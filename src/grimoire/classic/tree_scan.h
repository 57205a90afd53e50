// What a split search adds up while rows move from the right side to the left.
#pragma once

#include <cmath>
#include <vector>

#include "grimoire/classic/tree_exact.h"

namespace grim::tree {

inline double x_log2_x(double x) { return x > 0 ? x * std::log2(x) : 0; }

// Class weights l_k on the left and r_k on the right. Moving one row of class k changes one term of each sum, so a row costs O(1):
// gini keeps sum l_k^2, entropy keeps sum l_k log2 l_k.
class ClassScan {
 public:
  struct Totals {
    std::vector<double> count;
    double weight = 0, terms = 0;
  };
  ClassScan(const ExactTarget& target, const ExactOptions& options) : target_(target), entropy_(options.criterion == Criterion::entropy) {
    left_.resize(static_cast<size_t>(target.classes));
    right_ = left_;
  }
  static double amount(const ExactTarget& t, size_t row) { return t.weight->empty() ? 1.0 : (*t.weight)[row]; }
  Totals totals(const uint32_t* rows, size_t n) const {
    Totals sum{std::vector<double>(left_.size())};
    for (size_t i = 0; i < n; ++i) sum.count[static_cast<size_t>((*target_.y)[rows[i]])] += amount(target_, rows[i]);
    for (double c : sum.count) sum.weight += c, sum.terms += term(c);
    return sum;
  }
  void start(const Totals& totals) {
    std::fill(left_.begin(), left_.end(), 0.0);
    right_ = totals.count;
    weight_left_ = terms_left_ = 0;
    weight_right_ = totals.weight;
    terms_right_ = totals.terms;
  }
  void add(uint32_t row) {
    const auto k = static_cast<size_t>((*target_.y)[row]);
    const double w = amount(target_, row), l = left_[k], r = right_[k];
    weight_left_ += w;
    weight_right_ -= w;
    if (entropy_) {
      terms_left_ += look_up(l + w) - look_up(l);
      terms_right_ += look_up(r - w) - look_up(r);
    } else {
      terms_left_ += w * (2 * l + w);
      terms_right_ -= w * (2 * r - w);
    }
    left_[k] = l + w;
    right_[k] = r - w;
  }
  double left() const { return weight_left_; }
  double right() const { return weight_right_; }
  // W times the drop of impurity.
  double gain(const Totals& t) const {
    return weighted_impurity(t.weight, t.terms) - weighted_impurity(weight_left_, terms_left_) -
           weighted_impurity(weight_right_, terms_right_);
  }
  double scale(const Totals& t) const { return weighted_impurity(t.weight, t.terms); }
  double impurity(const Totals& t) const { return t.weight > 0 ? std::max(0.0, weighted_impurity(t.weight, t.terms) / t.weight) : 0; }
  bool pure(const Totals& t) const {
    int present = 0;
    for (double c : t.count) present += c > 0;
    return present <= 1;
  }
  void value(const Totals& t, std::vector<double>& out) const { out.insert(out.end(), t.count.begin(), t.count.end()); }
  // How often a category column is ordered, and by what.
  int orders() const { return left_.size() > 2 ? static_cast<int>(left_.size()) : 1; }
  double rank(const Totals& t, int order) const {
    return t.weight > 0 ? t.count[left_.size() > 2 ? static_cast<size_t>(order) : left_.size() - 1] / t.weight : 0;
  }

 private:
  double look_up(double x) const {
    const auto i = static_cast<int64_t>(x);
    const auto& table = *target_.x_log2_x;
    return i >= 0 && i < static_cast<int64_t>(table.size()) && static_cast<double>(i) == x ? table[static_cast<size_t>(i)] : x_log2_x(x);
  }
  double term(double c) const { return entropy_ ? look_up(c) : c * c; }
  double weighted_impurity(double w, double terms) const { return w <= 0 ? 0 : entropy_ ? x_log2_x(w) - terms : w - terms / w; }

  const ExactTarget& target_;
  bool entropy_;
  std::vector<double> left_, right_;
  double weight_left_ = 0, weight_right_ = 0, terms_left_ = 0, terms_right_ = 0;
};

class SumScan {
 public:
  struct Totals {
    double g = 0, h = 0, largest = 0, least = 0;
  };
  SumScan(const ExactTarget& target, const ExactOptions& options) : g_(*target.g), h_(*target.h), lambda_(options.lambda) {}
  static double amount(const ExactTarget& t, size_t row) { return (*t.h)[row]; }
  Totals totals(const uint32_t* rows, size_t n) const {
    Totals t;
    for (size_t i = 0; i < n; ++i) {
      const double mean = g_[rows[i]] / h_[rows[i]];
      t.g += g_[rows[i]];
      t.h += h_[rows[i]];
      t.largest = i == 0 ? mean : std::max(t.largest, mean);
      t.least = i == 0 ? mean : std::min(t.least, mean);
    }
    return t;
  }
  void start(const Totals& t) { left_ = {}, right_ = t; }
  void add(uint32_t row) {
    left_.g += g_[row];
    left_.h += h_[row];
    right_.g -= g_[row];
    right_.h -= h_[row];
  }
  double left() const { return left_.h; }
  double right() const { return right_.h; }
  double gain(const Totals& t) const { return part(left_) + part(right_) - part(t); }
  double scale(const Totals& t) const { return part(t); }
  double impurity(const Totals&) const { return 0; }
  bool pure(const Totals& t) const { return t.largest == t.least; }
  void value(const Totals& t, std::vector<double>& out) const { out.push_back(t.h + lambda_ > 0 ? t.g / (t.h + lambda_) : 0); }
  int orders() const { return 1; }
  double rank(const Totals& t, int) const { return t.h > 0 ? t.g / t.h : 0; }

 private:
  double part(const Totals& t) const { return t.h + lambda_ > 0 ? t.g * t.g / (t.h + lambda_) : 0; }
  const std::vector<double>&g_, &h_;
  double lambda_;
  Totals left_, right_;
};

}  // namespace grim::tree

// Estimator: the one shape of every learner. Construct, set parameters, fit, then predict; parameters and what was learned stay
// apart; a fitted estimator is one checksummed file without code in it.
#pragma once

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/classic/state.h"
#include "grimoire/data/features.h"

namespace grim {

// How fitting ended, told truthfully.
struct FitReport {
  bool converged = true;
  int64_t iterations = 0;
  double objective = NAN;             // at the end, as the header of the learner defines it
  double gap = NAN;                   // how far from the best it may be: duality gap, gradient norm, ...; the header says which
  std::string stopped;                // why, in words: "gap below 1e-4", "1000 iterations"
  std::vector<std::string> warnings;  // what a careful user wants to know
};

class Estimator {
 public:
  virtual ~Estimator() = default;
  virtual std::string name() const = 0;              // "ridge", the name that make_estimator takes
  virtual Options params() { return {}; }            // hyper-parameters as data; they point into this object
  virtual void check_params() const {}               // throws: argument, of their texts one that is no value, as far as it shows without data
  virtual bool classifies() const { return false; }  // can learn classes
  virtual bool regresses() const { return false; }   // can learn a number
  virtual bool needs_target() const { return classifies() || regresses(); }
  virtual bool takes_missing() const { return false; }     // NaN as it is
  virtual bool takes_categories() const { return false; }  // category columns as they are
  virtual bool takes_sparse() const { return false; }      // without spreading the rows out
  virtual bool takes_weights() const { return true; }

  // throws: input, too few rows, a class missing, NaN or categories where none may be (naming the column); argument, parameters
  void fit(const Dataset& data);

  // All of these throw state before fit(), and shape when the width differs, naming the first column that does.
  std::vector<double> predict(const Features& x) const;  // class numbers or targets; cluster numbers, +1/-1 of outlier finders
  Tensor predict_proba(const Features& x) const;         // (N, K) f64, rows sum to 1. throws: state, no probabilities here
  Tensor decision(const Features& x) const;              // (N, D) f64: margins, scores, log densities; the learner says which
  Features transform(const Features& x) const;           // scalers, encoders, PCA. throws: state, not a transformer
  double score(const Dataset& data) const;               // accuracy or R^2, weighted
  virtual bool has_proba() const { return false; }
  virtual bool transforms() const { return false; }
  // Names and kinds of the columns that transform() gives.
  virtual std::vector<ColumnInfo> output_columns() const { return columns_; }
  virtual std::vector<double> importances() const { return {}; }  // one a column, or empty
  virtual std::string describe() const { return ""; }             // the fitted model in a few lines for people: coefficients, rules

  int64_t class_count() const { return static_cast<int64_t>(present_.size()); }  // classes as the learner sees them
  const std::string& class_name(int64_t k) const { return classes_[static_cast<size_t>(present_[static_cast<size_t>(k)])]; }  // of these
  bool fitted() const { return fitted_; }
  bool is_classifier() const { return !classes_.empty(); }  // fitted on classes
  const std::vector<std::string>& classes() const { return classes_; }
  const std::vector<ColumnInfo>& columns() const { return columns_; }
  const FitReport& report() const { return report_; }

  // A fresh one with the same parameters, not fitted.
  std::unique_ptr<Estimator> clone() const;

  // Everything, parameters included, into or out of a State (pipelines nest them); and one file.
  State to_state() const;
  static std::unique_ptr<Estimator> from_state(const State& state);
  void save(const std::string& path) const;                         // atomically
  static std::unique_ptr<Estimator> load(const std::string& path);  // throws: input, not such a file, damaged, a newer version
  static std::unique_ptr<Estimator> load(const State& state, const std::string& path);  // of a file read already; path: for messages

  // For one row at a time without allocation, where the learner offers it (trees on columns that float32 can tell apart): false, nothing
  // written, where not.
  // `row` has width() numbers; `out` the K probabilities, or one number.
  virtual bool predict_row(std::span<const float> row, std::span<double> out) const {
    (void)row, (void)out;
    return false;
  }

 protected:
  // What a learner writes. Inputs have been checked: rows, widths, finite weights and y, NaN and categories as promised above.
  virtual void fit_on(const Dataset& data) = 0;
  virtual void predict_on(const Features& x, double* out) const;  // default: arg max of probabilities
  virtual void proba_on(const Features& x, double* out) const;    // (N, K); default: throws
  virtual Tensor decision_on(const Features& x) const;            // default: throws
  virtual Features transform_on(const Features& x) const;         // default: throws
  virtual void write(State& state) const = 0;                     // what was learned, without parameters
  virtual void read(const State& state) = 0;
  virtual std::unique_ptr<Estimator> clone_empty() const;  // default: make_estimator(name()); pipelines differ
  virtual void write_params(State& state) const;           // default: params() as JSON
  virtual void read_params(const State& state);

  FitReport report_;

 private:
  const Dataset& remember_target(const Dataset& data, Dataset& storage);  // `data`, or `storage` without the classes that have no row
  void check_ready(const Features& x) const;

  bool fitted_ = false;
  std::vector<std::string> classes_;
  std::vector<int64_t> present_;  // the classes that had rows; the learner sees only these, numbered in this order
  std::vector<ColumnInfo> columns_;
};

// By its name(). throws: usage, with the nearest name as a hint
std::unique_ptr<Estimator> make_estimator(const std::string& name);
std::vector<std::string> estimator_names();
std::string estimator_summary(const std::string& name);  // a few words. throws: likewise

// "C=10", "kernel=rbf" onto params(). throws: usage, naming the parameter, what it takes, the nearest name; as check_params()
void set_params(Estimator& estimator, const std::vector<std::string>& assignments);

}  // namespace grim

// Support vector machines (Cortes and Vapnik 1995; Schoelkopf et al. 2000): C-SVC, nu-SVC, epsilon-SVR, nu-SVR and the one-class machine,
// as LIBSVM (Chang and Lin 2011) defines them:
//   C-SVC    min |w|^2 / 2 + C sum_i weight_i max(0, 1 - y_i f(x_i)); several classes one against one, by votes
//   SVR      min |w|^2 / 2 + C sum_i weight_i max(0, |y_i - f(x_i)| - epsilon)
// and nu in place of C or epsilon: a bound on the share of rows on the wrong side, and below on that of support vectors.
// The reported objective is that of the dual (minimised), summed over the pairs of classes; gap: its duality gap, likewise; it ends when
// the largest violation of its optimality, which the report says in words, is at most the tolerance.
#pragma once

#include "grimoire/classic/estimator.h"
#include "grimoire/classic/kernel.h"

namespace grim {

struct SvmAnswer;

class KernelMachine : public Estimator {
 public:
  void check_params() const override;
  KernelMachine();
  ~KernelMachine() override;
  bool takes_sparse() const override { return true; }
  std::string describe() const override;

  // A kernel of the user's own; a machine with one cannot be saved.
  void set_kernel(KernelFunction function);

  const Features& support_vectors() const { return vectors_; }
  const std::vector<int64_t>& support_rows() const { return rows_; }           // their rows in the training data
  const std::vector<int64_t>& support_counts() const { return counts_; }       // by class; of a regression: one number
  const std::vector<double>& dual_coefficients() const { return dual_; }       // (max(K - 1, 1), support vectors), laid out as LIBSVM's
  const std::vector<double>& rho() const { return rho_; }  // f = sum dual k - rho; a pair (a, b), a < b, votes a where f > 0
  int64_t bounded() const { return bounded_; }                                 // support vectors at their bound, summed over pairs
  double margin() const;                                                       // 2 / |w|: the width of the margin of two classes
  double gamma() const { return kernel_.gamma; }

 protected:
  enum class Form : uint8_t { c_svc, nu_svc, svr, nu_svr, one_class };
  virtual Form machine() const = 0;
  Options kernel_params();
  void fit_on(const Dataset& data) override;
  // K = 2: (N, 1), positive for class 1; K > 2: (N, K (K - 1) / 2), positive for the first of the pair; else (N, 1).
  Tensor decision_on(const Features& x) const override;
  void predict_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;

  double c_ = 1, nu_ = .5, epsilon_ = .1;
  std::string class_weight_;

 private:
  struct Engine;
  template <class T> struct EngineOf;
  template <class T> void fit_in(const Dataset& data);
  template <class T> void fit_pairs(const Dataset& data);
  template <class T> void fit_one(const Dataset& data);
  void choose_kernel(const Dataset& data);
  void choose_offset(const Features& x);
  void doubt_spread(const std::vector<double>& y);
  void start_over(std::vector<std::string> warnings);
  template <class T> void add_noise(const KernelSet<T>& set, const std::vector<double>& dual);
  double typed_gamma() const;  // throws: argument
  void choose_numbers(const Features& x);
  template <class T> void check_values(const KernelSet<T>& set) const;
  void keep(const Dataset& data, const std::vector<std::vector<double>>& dual);
  void make_engine();
  std::vector<double> pair_values(const Features& x) const;  // (N, pairs)
  void add_report(const SvmAnswer& answer, double unit);  // unit: in which the problem was solved

  std::string kernel_name_ = "rbf", gamma_text_ = "scale", precision_ = "float";
  double coef0_ = 0, tolerance_ = 1e-3, cache_mb_ = 400;
  int64_t degree_ = 3, most_ = 0;
  bool shrinking_ = true;
  Kernel kernel_;

  Features vectors_;
  std::vector<int64_t> rows_, counts_;
  std::vector<double> dual_, rho_;
  std::vector<double> offset_;  // what columns lie less inside a machine that does not see it; empty: nothing
  bool doubles_ = false;        // kernel values in double: asked for, or floats would lose what the columns say
  int64_t bounded_ = 0;
  double square_ = 0;  // |w|^2 of two classes
  double violation_ = 0;  // the largest of the optimality conditions where the solver ended
  double noise_ = 0;   // rounding in the gradient of the dual
  std::unique_ptr<Engine> engine_;
};

class Svc : public KernelMachine {
 public:
  std::string name() const override { return "svc"; }
  Options params() override;
  bool classifies() const override { return true; }

 protected:
  Form machine() const override { return Form::c_svc; }
};
class NuSvc : public KernelMachine {
 public:
  std::string name() const override { return "nu-svc"; }
  Options params() override;
  bool classifies() const override { return true; }

 protected:
  Form machine() const override { return Form::nu_svc; }
};
class Svr : public KernelMachine {
 public:
  std::string name() const override { return "svr"; }
  Options params() override;
  bool regresses() const override { return true; }

 protected:
  Form machine() const override { return Form::svr; }
};
class NuSvr : public KernelMachine {
 public:
  std::string name() const override { return "nu-svr"; }
  Options params() override;
  bool regresses() const override { return true; }

 protected:
  Form machine() const override { return Form::nu_svr; }
};
// Predicts +1 for what resembles the training rows and -1 for outliers.
class OneClassSvm : public KernelMachine {
 public:
  std::string name() const override { return "one-class"; }
  Options params() override;

 protected:
  Form machine() const override { return Form::one_class; }
};

}  // namespace grim

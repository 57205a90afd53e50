// Linear support vector machines, liblinear's family (Fan et al. 2008), the constant being one more column of ones, penalised like the
// others (`-B 1`):  min_w  penalty + C sum_i weight_i loss(y_i w x_i),  two classes, or each class against the rest.
//   penalty l2: |w|^2 / 2; l1: |w|_1        loss squared-hinge: max(0, 1 - m)^2; hinge: max(0, 1 - m), with l2
// Squared hinge by Newton steps on the primal (coordinate descent inside them for l1), hinge by coordinate descent on the dual. The
// reported objective is the one above, summed over the classes; gap: of the hinge the duality gap, else what Newton's last model promised.
#pragma once

#include "grimoire/classic/linear_model.h"

namespace grim {

class LinearSvc : public LinearModel {
 public:
  std::string name() const override { return "linear-svc"; }
  Options params() override;
  bool classifies() const override { return true; }
  int64_t support_count() const { return support_; }  // of the hinge: rows with alpha > 0, summed over the classes

 protected:
  void fit_on(const Dataset& data) override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  void fit_smooth(const Dataset& data, const std::vector<double>& y, const std::vector<double>& weight, std::vector<double>& w);

  double c_ = 1, tolerance_ = 1e-6;
  int64_t most_ = 1000, support_ = 0;
  std::string penalty_ = "l2", loss_ = "squared-hinge", class_weight_;
  bool intercept_wanted_ = true;
};

// Dual coordinate descent for the hinge loss (Hsieh et al. 2008). Rows are visited in an order drawn anew for every sweep.
struct DualDescent {
  std::vector<double> w;  // P coefficients, then the constant's when there is one
  double primal = 0, gap = 0;
  int64_t sweeps = 0, support = 0;
  bool converged = false;
};
DualDescent dual_hinge(const Features& x, const std::vector<double>& sign, const std::vector<double>& bound, bool constant,
                       double tolerance, int64_t most);

}  // namespace grim

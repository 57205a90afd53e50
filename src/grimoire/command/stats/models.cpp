#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/pca.h"
#include "grimoire/stats/regression.h"

namespace grim {
namespace {

using namespace stats;

std::string cell(double v) { return std::isnan(v) ? "-" : str("{:.4g}", v); }  // the note says why it does not exist

std::string coefficient_table(const std::vector<Coefficient>& coefficients) {
  size_t width = 11;
  for (const Coefficient& c : coefficients) width = std::max(width, c.name.size());
  const auto pad = [&](const std::string& s) { return s + std::string(width + 2 - s.size(), ' '); };
  std::string text = "  " + pad("coefficient") + str("{:>15} {:>14} {:>10} {:>12}\n", "estimate", "std. error", "statistic", "p-value");
  for (const Coefficient& c : coefficients)
    text += "  " + pad(c.name) + str("{:>15.8g} {:>14.7g} {:>10} {:>12}\n", c.estimate, c.standard_error, cell(c.statistic), cell(c.p_value));
  return text;
}

struct Explaining : StatsTest {  // y by the columns of x
  double level = 0.95;

  Options options() override {
    const Option y = {.name = "y", .help = "what is explained: a column of --data, or numbers", .target = &in.y_names, .basic = true, .required = true};
    return joined({in.of_columns(), {y, in.of_gaps(), option_of_level(level)}});
  }
};

struct LeastSquares final : Explaining {
  Answer answer() override {
    const DesignMatrix m = in.matrix(true);
    LinearFit f = least_squares(m.x, m.y, {.names = m.names, .level = level});
    f.notes.insert(f.notes.begin(), m.notes.begin(), m.notes.end());
    Lines lines = {{"R squared", str("{} (adjusted {})", number(f.r_squared), number(f.adjusted_r_squared))},
                   {"residual sd", str("{} on {} df", number(f.sigma), f.df_residual)},
                   {"F", std::isnan(f.f) ? number(f.f) : str("{} on {} and {} df, p = {:.6g}", number(f.f), f.df_model, f.df_residual, f.f_p_value)},
                   {"log-likelihood", std::isnan(f.aic) ? number(f.aic) : str("{}, AIC {}, BIC {}", number(f.log_likelihood), number(f.aic), number(f.bic))}};
    for (const std::string& n : f.notes) lines.emplace_back("note", n);
    return {"least squares\n" + coefficient_table(f.coefficients) + aligned(lines), to_json(f)};
  }
};

template <Family family> struct Generalised final : Explaining {
  Answer answer() override {
    const DesignMatrix m = in.matrix(true);
    GlmFit f = glm(family, m.x, m.y, {.names = m.names, .level = level});
    f.notes.insert(f.notes.begin(), m.notes.begin(), m.notes.end());
    Lines lines = {{"log-likelihood", str("{} (constant alone {})", number(f.log_likelihood), number(f.null_log_likelihood))},
                   {"deviance", str("{} (constant alone {})", number(f.deviance), number(f.null_deviance))},
                   {"likelihood ratio", f.lr_df > 0 ? str("{} on {} df, p = {:.6g}", number(f.likelihood_ratio), f.lr_df, f.lr_p_value) : number(std::nan(""))},
                   {"AIC", number(f.aic)},
                   {"iterations", str("{}", f.iterations)}};
    for (const std::string& n : f.notes) lines.emplace_back("note", n);
    return {str("{} regression by maximum likelihood\n", family == Family::logistic ? "logistic" : "Poisson") +
                coefficient_table(f.coefficients) + aligned(lines),
            to_json(f)};
  }
};

struct PrincipalComponents final : StatsTest {
  int64_t components = 0;
  std::string scaling = "none";

  Options options() override {
    return joined({in.of_columns(),
                   {in.of_gaps(), {.name = "components", .help = "how many; 0 for all", .target = &components, .low = 0, .basic = true},
                    {.name = "scaling", .help = "of the columns first", .target = &scaling, .choices = {"none", "unit-variance"}, .basic = true}}});
  }
  Answer answer() override {
    const DesignMatrix m = in.matrix(false);
    const Pca p = pca(m.x, components, scaling == "unit-variance" ? Scaling::unit_variance : Scaling::none);
    const std::vector<double> sd = p.sd.to_vector<double>(), ratio = p.ratio.to_vector<double>();
    std::string text = str("  {:<9} {:>14} {:>12}  loadings\n", "component", "sd", "share");
    Json loadings = Json::array();
    for (int64_t i = 0; i < p.components.dim(0); ++i) {
      text += str("  {:<9} {:>14.8g} {:>12.6g} ", i + 1, sd[static_cast<size_t>(i)], ratio[static_cast<size_t>(i)]);
      Json row = Json::array();
      for (int64_t j = 0; j < p.components.dim(1); ++j) {
        row.push(p.components.at({i, j}));
        if (j < 8) text += str(" {:.4f}", p.components.at({i, j}));
      }
      text += p.components.dim(1) > 8 ? " ...\n" : "\n";
      loadings.push(std::move(row));
    }
    std::vector<std::string> notes = m.notes;
    if (std::ranges::any_of(sd, [](double v) { return std::isinf(v); })) notes.emplace_back(kBeyondRange);
    for (const std::string& n : notes) text += "note: " + n + "\n";
    return {text, Json::object({{"names", Json::array_of(m.names)},
                                {"sd", Json::array_of(sd)},
                                {"ratio", Json::array_of(ratio)},
                                {"components", loadings},
                                {"notes", Json::array_of(notes)}})};
  }
};

constexpr StatsEntry kTests[] = {
    {"regression", "least squares of --y on --x", "grimoire stats regression --data cars.csv --y mpg --x weight,power --json\n"
     "grimoire stats regression --x 1,2,3,4,5 --y 2,4,5,4,6", make_test<LeastSquares>},
    {"logistic", "logistic regression", "grimoire stats logistic --data data.csv --x x1,x2 --y y", make_test<Generalised<Family::logistic>>},
    {"poisson", "Poisson regression", "grimoire stats poisson --data data.csv --x x1,x2 --y count", make_test<Generalised<Family::poisson>>},
    {"pca", "principal components", "grimoire stats pca --data iris.csv --x sepal,petal", make_test<PrincipalComponents>}};

}  // namespace

const StatsFamily kModels{"models", kTests};

}  // namespace grim

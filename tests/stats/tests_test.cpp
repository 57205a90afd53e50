// Hypothesis tests against published values, R and SciPy.
#include <algorithm>
#include <functional>
#include <sstream>

#include "grimoire/base/error.h"
#include "grimoire/stats/bayes.h"
#include "grimoire/stats/correlation.h"
#include "grimoire/stats/counts.h"
#include "grimoire/stats/information.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/multiple.h"
#include "grimoire/stats/power.h"
#include "grimoire/stats/ranks.h"
#include "grimoire/stats/resample.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"
#include "stats/golden.h"
#include "support/data.h"

namespace grim::stats {
namespace {

using Values = std::vector<double>;

Values r(const std::string& name) { return reals(golden().at("r").at(name)); }

Groups by(const Values& x, const Values& label) {
  Groups g;
  Values seen;
  for (size_t i = 0; i < x.size(); ++i) {
    const auto at = std::ranges::find(seen, label[i]);
    const size_t k = static_cast<size_t>(at - seen.begin());
    if (at == seen.end()) seen.push_back(label[i]), g.emplace_back();
    g[k].push_back(x[i]);
  }
  return g;
}
Groups plants() {
  const Values w = r("plant");
  return {Values(w.begin(), w.begin() + 10), Values(w.begin() + 10, w.begin() + 20), Values(w.begin() + 20, w.end())};
}

class Iris : public ::testing::Test {
 protected:
  void SetUp() override {
    GRIMOIRE_DATA(path, "tabular/iris.csv");
    std::istringstream in(read_file(path));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::replace(line.begin(), line.end(), ',', ' ');
      std::istringstream row(line);
      for (Values& c : columns_) {
        double v = 0;
        row >> v;
        c.push_back(v);
      }
    }
    ASSERT_EQ(columns_[0].size(), 150u);
  }
  Groups species(int column) { return by(columns_[static_cast<size_t>(column)], columns_[4]); }
  std::vector<Values> columns_ = std::vector<Values>(5);
};

void expect_test(const TestResult& t, const Values& statistic_and_p, double tolerance = 1e-12) {
  EXPECT_REL(t.statistic.value, statistic_and_p[0], tolerance) << t.method;
  EXPECT_REL(t.p_value, statistic_and_p[1], tolerance) << t.method;
  EXPECT_FALSE(t.meaning.empty());
}

TEST(Means, StudentsSleep) {
  const Values x = r("sleep_1"), y = r("sleep_2");
  const TestResult paired = paired_t_test(x, y);
  expect_test(paired, {-4.062127683382037, .00283289019738427});
  EXPECT_EQ(paired.df[0], 9);
  expect_test(two_sample_t_test(x, y), {-1.8608134674868526, .07939414018735823});
  EXPECT_12(two_sample_t_test(x, y, Spread::pooled).p_value, .07918671421593829);
  const Values welch = r("r_welch");
  const TestResult w = two_sample_t_test(x, y);
  EXPECT_12(w.df[0], welch[0]);
  EXPECT_12(w.interval->low, welch[1]);
  EXPECT_12(w.interval->high, welch[2]);
  const TestResult g = t_test(x, 1, {.alternative = Alternative::greater});
  expect_test(g, {r("r_t_greater")[0], r("r_t_greater")[1]});
  EXPECT_12(g.interval->low, r("r_t_greater")[2]);
  EXPECT_REL(cohen_d(x, y), -.8321811, 1e-7);
  EXPECT_LT(std::abs(hedges_g(x, y)), std::abs(cohen_d(x, y)));
  EXPECT_12(z_test(Values{1, 2, 3}, 1, 1).p_value, std::erfc(std::sqrt(1.5)));
}

// From |t| about 8.3 on, one minus the lower tail would be 0.
TEST(Means, FarTailsKeepTheirDigits) {
  Values x;
  for (int i = 0; i < 1000; ++i) x.push_back(10 + std::sin(i));
  const TestResult t = t_test(x);
  EXPECT_GT(t.statistic.value, 300);
  EXPECT_GE(t.p_value, 0);
  EXPECT_GT(t_test(Values(x.begin(), x.begin() + 60)).p_value, 0);
  EXPECT_LT(t_test(Values(x.begin(), x.begin() + 60)).p_value, 1e-50);
}

TEST(Means, PlantGrowth) {
  const TestResult a = anova(plants());
  expect_test(a, {4.84609, .01591}, 3e-5);
  const std::vector<PairDifference> pairs = tukey_hsd(plants()).pairs;
  const Values expected = r("r_tukey");  // trt1-ctrl, trt2-ctrl, trt2-trt1: difference, low, high, p
  ASSERT_EQ(pairs.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_12(pairs[i].difference, expected[4 * i]);
    EXPECT_REL(pairs[i].low, expected[4 * i + 1], 1e-7);
    EXPECT_REL(pairs[i].high, expected[4 * i + 2], 1e-7);
    EXPECT_REL(pairs[i].p_value, expected[4 * i + 3], 1e-8);
  }
  EXPECT_REL(pairs[2].p_value, .0120064239795, 1e-8);
  expect_test(bartlett_test(plants()), r("r_bartlett"));
  expect_test(levene_test(plants(), Centre::mean), r("r_levene_mean"), 1e-11);
  expect_test(kruskal_test(plants()), r("r_kruskal"));
}

TEST(Means, StudentisedRange) {
  const Values p = r("r_ptukey"), q = r("r_qtukey");
  EXPECT_REL(studentised_range_sf(3.5, 3, 20), p[0], 1e-8);
  EXPECT_REL(studentised_range_sf(10, 5, 8), p[1], 1e-6);  // R's own error is about 1e-10
  EXPECT_REL(studentised_range_sf(1, 10, 100), p[2], 1e-9);
  EXPECT_REL(studentised_range_sf(2.5, 2, 2), p[3], 2e-4);  // R is off here: with two means the t test below is exact
  EXPECT_REL(studentised_range_sf(2.5, 2, 2), 2 * make_distribution("t", {{"df", 2}})->sf(2.5 / std::sqrt(2.0)), 1e-10);
  EXPECT_REL(studentised_range_isf(.05, 3, 27), q[0], 1e-6);
  EXPECT_REL(studentised_range_isf(.01, 10, 12), q[1], 1e-4);  // R stops early here
  for (double q2 : {.5, 3., 12., 40.})  // two means: the t test
    EXPECT_REL(studentised_range_sf(q2 * std::sqrt(2.0), 2, 7), 2 * make_distribution("t", {{"df", 7}})->sf(q2), 1e-9);
}

TEST_F(Iris, Groups) {
  const double f[] = {119.26450218, 49.16004009, 1180.16118225, 960.00714680};
  for (int c = 0; c < 4; ++c) EXPECT_REL(anova(species(c)).statistic.value, f[c], 1e-10);
  EXPECT_REL(anova(species(0)).p_value, 1.66966919e-31, 1e-8);
  EXPECT_REL(kruskal_test(species(0)).statistic.value, 96.93743600, 1e-10);
  expect_test(levene_test(species(0)), {6.35272002, .00225853}, 3e-6);
  EXPECT_REL(bartlett_test(species(0)).statistic.value, 16.00570187, 1e-9);
  EXPECT_12(pearson(columns_[0], columns_[2]), .8717537758865831);
  EXPECT_12(spearman_test(columns_[0], columns_[2]).statistic.value, .881898126434986);
  EXPECT_12(kendall_test(columns_[0], columns_[2]).statistic.value, .7185159275387326);
  expect_test(shapiro_test(columns_[0]), {.9760902722, .0101811612}, 1e-8);
}

TEST(Counts, Binomial) {
  EXPECT_12(binomial_test(14, 20).p_value, .11531829833984375);
  EXPECT_12(binomial_test(14, 20, .5, {.alternative = Alternative::greater}).p_value, .057659149169921875);
  EXPECT_12(binomial_test(60, 100).p_value, .05688793364098088);
  EXPECT_12(binomial_test(235, 1000, .25).p_value, .2895946714973935);
  const TestResult mendel = binomial_test(682, 925, .75);
  EXPECT_REL(mendel.p_value, .38249156, 1e-8);
  EXPECT_REL(mendel.interval->low, .707668264079, 1e-11);
  EXPECT_REL(mendel.interval->high, .765406558242, 1e-11);
  const Values less = r("r_binom_less");
  const TestResult l = binomial_test(14, 20, .6, {.alternative = Alternative::less});
  EXPECT_12(l.p_value, less[0]);
  EXPECT_12(l.interval->high, less[2]);
  EXPECT_EQ(binomial_test(0, 5).interval->low, 0);
  EXPECT_12(binomial_test(0, 5).p_value, .0625);
  EXPECT_12(binomial_test(5, 5).p_value, .0625);
  EXPECT_EQ(binomial_test(5, 10).p_value, 1);
}

TEST(Counts, Intervals) {
  const auto expect = [](ProportionInterval form, double low, double high) {
    EXPECT_REL(proportion_interval(8, 10, form).low, low, 2e-10);
    EXPECT_REL(proportion_interval(8, 10, form).high, high, 2e-10);
  };
  expect(ProportionInterval::wilson, .4901624715, .9433178485);
  expect(ProportionInterval::clopper_pearson, .4439045377, .9747892737);
  expect(ProportionInterval::jeffreys, .4972255036, .9559405864);
}

TEST(Counts, Fisher) {
  const TestResult tea = fisher_test({{3, 1}, {1, 3}});
  EXPECT_12(tea.p_value, 34.0 / 70);
  EXPECT_REL(tea.estimates[0].value, 6.408319658199675, 1e-12);  // the root of x^4 - 36 x^2 - 32 x - 3; R stops at 6.408309
  EXPECT_EQ(tea.estimates[1].value, 9);
  EXPECT_12(fisher_test({{3, 1}, {1, 3}}, {.alternative = Alternative::greater}).p_value, 17.0 / 70);
  EXPECT_12(fisher_test({{4, 0}, {0, 4}}, {.alternative = Alternative::greater}).p_value, 1.0 / 70);
  EXPECT_EQ(fisher_test({{4, 0}, {0, 4}}).estimates[0].value, std::numeric_limits<double>::infinity());
  EXPECT_REL(fisher_test({{345, 455}, {260, 345}}).p_value, .9567, 5e-5);  // not 1 (scipy#4130)
  const Values two = r("r_fisher"), one = r("r_fisher_greater");
  const TestResult t = fisher_test({{12, 3}, {5, 14}}), g = fisher_test({{12, 3}, {5, 14}}, {.alternative = Alternative::greater});
  EXPECT_12(t.p_value, two[0]);
  EXPECT_REL(t.estimates[0].value, two[1], 1e-3);  // R's root finder stops at 1e-4 of the inverse
  EXPECT_REL(t.interval->low, two[2], 1e-3);
  EXPECT_REL(t.interval->high, two[3], 1e-3);
  EXPECT_12(g.p_value, one[0]);
  EXPECT_REL(g.interval->low, one[2], 1e-4);
  // No absolute tolerance: a table of probability 1e-60 has a p-value of that size.
  const double tiny = fisher_test({{100, 0}, {0, 100}}).p_value;
  EXPECT_REL(tiny, 2 * std::exp(-log_choose(200, 100)), 1e-11);
}

TEST(Counts, ChiSquares) {
  expect_test(chi_square_fit(Values{315, 101, 108, 32}, Values{9, 3, 3, 1}), {.4700239808153477, .925425895103616});
  const Values cells = r("hair_eye");
  Table2d snee;
  for (size_t i = 0; i < 4; ++i)
    snee.emplace_back(cells.begin() + static_cast<int64_t>(4 * i), cells.begin() + static_cast<int64_t>(4 * i + 4));
  const TestResult t = chi_square_test(snee);
  EXPECT_12(t.statistic.value, 138.28984162600824);
  EXPECT_REL(t.p_value, 2.325286787e-25, 1e-9);
  EXPECT_EQ(t.df[0], 9);
  const Table2d table = {{90, 60}, {30, 80}};
  EXPECT_12(chi_square_test(table, Yates::on).statistic.value, 26.04961760461761);
  EXPECT_12(chi_square_test(table).statistic.value, 27.35064935064935);
  EXPECT_12(g_test(table).statistic.value, 28.083475400220035);
  expect_test(mcnemar_test({{794, 150}, {86, 570}}), r("r_mcnemar"));
  EXPECT_REL(mcnemar_test({{794, 150}, {86, 570}}).statistic.value, 16.81779661, 1e-9);
  expect_test(proportions_test(Values{83, 90, 129, 70}, Values{86, 93, 136, 82}), r("r_prop"), 1e-11);
  EXPECT_REL(proportions_test(Values{83, 90, 129, 70}, Values{86, 93, 136, 82}).p_value, .00558547666, 1e-8);
  EXPECT_12(g_test({{10, 0}, {5, 5}}).statistic.value, 2 * (10 * std::log(10 / 7.5) + 5 * std::log(5 / 7.5) + 5 * std::log(2.0)));
}

TEST(Ranks, Wilcoxon) {
  const Values x = r("sleep_1"), y = r("sleep_2");
  Values d;
  for (size_t i = 0; i < x.size(); ++i) d.push_back(x[i] - y[i]);
  const TestResult t = wilcoxon_test(d, Zeros::drop, {.continuity = Continuity::none});
  EXPECT_REL(t.p_value, .007632441648, 1e-9);
  EXPECT_EQ(t.notes.size(), 3u);  // ties, few, a zero
  expect_test(wilcoxon_test(d), r("r_wilcox_continuity"));
  expect_test(wilcoxon_test(Values{1.1, -2.2, 3.3, 4.4, -0.5, 6.6, 7.7, 2.9}), r("r_wilcox_exact"));
  EXPECT_GT(wilcoxon_test(d, Zeros::pratt).p_value, 0);
}

TEST(Ranks, MannWhitney) {
  const TestResult sleep = mann_whitney_test(r("sleep_1"), r("sleep_2"));
  EXPECT_EQ(sleep.statistic.value, 25.5);
  EXPECT_REL(sleep.p_value, .06932757543, 1e-9);
  Values wt = r("mtcars_wt"), a, b, automatic, manual;
  for (size_t i = 0; i < 20; ++i) (i < 9 ? a : b).push_back(wt[i] + static_cast<double>(i + 1) / 1000);
  expect_test(mann_whitney_test(a, b), r("r_mw_exact"));
  const Values mpg = r("mtcars_mpg"), am = r("mtcars_am");
  for (size_t i = 0; i < mpg.size(); ++i) (am[i] == 1 ? manual : automatic).push_back(mpg[i]);
  expect_test(mann_whitney_test(manual, automatic, {.alternative = Alternative::greater}), r("r_mw_greater"));
  EXPECT_12(mann_whitney_test(Values{10, 11, 12}, Values{1, 2, 3}).p_value, .1);
  EXPECT_EQ(mann_whitney_test(Values{10, 11, 12}, Values{1, 2, 3}).effect->value, 1);
}

TEST(Ranks, KruskalOzone) {
  const Values ozone = r("ozone"), month = r("ozone_month");
  EXPECT_THROW(kruskal_test(by(ozone, month)), Error);
  const TestResult t = kruskal_test(by(ozone, month), Missing::drop);
  expect_test(t, {29.26657631, 6.90071412e-06}, 1e-9);
  EXPECT_FALSE(t.notes.empty());
}

TEST(Ranks, Kolmogorov) {
  const Values x = r("sleep_1");
  Values y = r("sleep_2");
  for (double& v : y) v += 0.05;
  const auto d = make_distribution("normal", {{"mean", 1}, {"sd", 2}});
  expect_test(kolmogorov_test(x, y), r("r_ks_two"), 1e-11);
  expect_test(kolmogorov_test(x, *d), r("r_ks_one"), 1e-10);
  expect_test(kolmogorov_test(x, *d, {.alternative = Alternative::less}), r("r_ks_less"), 1e-10);
  // Both routes to the exact two-sided tail meet where they change over: sqrt(n) D around 2.35.
  Values spread;
  for (int i = 0; i < 100; ++i) spread.push_back(i < 50 ? .2369 + .0001 * i : .5 + .009 * (i - 50));
  const auto u = make_distribution("uniform", {});
  const TestResult t = kolmogorov_test(spread, *u);
  EXPECT_REL(t.p_value, kolmogorov_sf(10 * t.statistic.value), .3);
  EXPECT_REL(kolmogorov_sf(.8199999), kolmogorov_sf(.8200001), 1e-5);
  EXPECT_REL(kolmogorov_sf(1.3580986393225505), .05, 1e-12);
  Values apart = x;
  for (double& v : apart) v += 100;
  EXPECT_12(kolmogorov_test(x, apart).p_value, 2 / 184756.0);
}

TEST(Ranks, Shapiro) {
  const Values hp = r("mtcars_hp");
  for (int n : {3, 4, 5, 8, 11, 12, 20}) {
    const Values expected = r(str("r_shapiro_{}", n));
    const TestResult t = shapiro_test(std::span(hp).first(static_cast<size_t>(n)));
    EXPECT_REL(t.statistic.value, expected[0], 1e-9) << n;
    EXPECT_REL(t.p_value, expected[1], 1e-6) << n;
  }
  EXPECT_THROW(shapiro_test(Values{1, 2}), Error);
}

TEST(Correlation, AgainstR) {
  const Values mpg = r("mtcars_mpg"), wt = r("mtcars_wt"), hp = r("mtcars_hp"), p = r("r_pearson");
  const TestResult t = pearson_test(mpg, wt);
  expect_test(t, {p[0], p[1]});
  EXPECT_12(t.interval->low, p[2]);
  EXPECT_12(t.interval->high, p[3]);
  const Values a = {1, 5, 2, 8, 3, 9, 4}, b = {2, 4, 1, 9, 5, 8, 3};
  EXPECT_12(kendall_test(a, b).p_value, r("r_kendall_exact")[1]);
  EXPECT_12(kendall_test(wt, hp).p_value, r("r_kendall_ties")[1]);
  EXPECT_12(spearman_test(a, b).p_value, r("r_spearman_exact")[1]);
  EXPECT_THROW(pearson_test(Values{1, 2, 3}, Values{4, 4, 4}), Error);
}

TEST(Correlation, KendallCountsLikePairs) {
  Rng rng(RngMode::philox, 11);
  Values x, y;
  for (int i = 0; i < 300; ++i) x.push_back(static_cast<double>(rng.randint(0, 40))), y.push_back(static_cast<double>(rng.randint(0, 25)));
  double s = 0, nx = 0, ny = 0;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const double a = (x[i] > x[j]) - (x[i] < x[j]), b = (y[i] > y[j]) - (y[i] < y[j]);
      s += a * b, nx += a * a, ny += b * b;
    }
  EXPECT_12(kendall_test(x, y).statistic.value, s / std::sqrt(nx * ny));
}

TEST(Multiple, Adjustments) {
  const Values p = {.001, .008, .039, .041, .042, .06,  .074, .205, .212, .216, .222, .251, .269,
                    .275, .34,  .341, .384, .569, .594, .696, .762, .94,  .942, .975, .986};
  const Values bh = adjust(p, Adjustment::benjamini_hochberg), holm = adjust(p, Adjustment::holm);
  const Values bh6 = {.025, .1, .21, .21, .21, .25}, holm6 = {.025, .192, .897, .902, .902, 1};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_12(bh[i], bh6[i]);
    EXPECT_12(holm[i], holm6[i]);
  }
  const auto rejections = [&](Adjustment a) { return std::ranges::count_if(adjust(p, a), [](double q) { return q <= .05; }); };
  EXPECT_EQ(rejections(Adjustment::bonferroni), 1);
  EXPECT_EQ(rejections(Adjustment::holm), 1);
  EXPECT_EQ(rejections(Adjustment::benjamini_hochberg), 1);
  EXPECT_EQ(rejections(Adjustment::benjamini_yekutieli), 0);
  EXPECT_THROW(adjust(Values{.5, 1.5}, Adjustment::holm), Error);
}

TEST(Power, TwoSampleT) {
  EXPECT_REL(t_sample_size({}, .8), 63.76561019095225, 1e-11);  // quadrature at 30 digits gives .8 there to 1e-16
  EXPECT_REL(t_power({.n = 64}), .8014595579, 1e-9);
  EXPECT_REL(t_detectable_effect({.n = 63.76561019095225}, .8), .5, 1e-10);
  EXPECT_REL(t_power({.effect = .5, .n = 20}), r("r_power")[0], 1e-9);
  EXPECT_REL(t_power({.effect = .6, .n = 15, .alternative = Alternative::greater, .design = Design::one_sample}), r("r_power")[1], 1e-9);
  EXPECT_THROW(t_sample_size({.effect = 0}, .8), Error);
}

TEST(Bayes, Published) {
  EXPECT_REL(screening(.01, .9, .09).positive_predictive, .0917431193, 1e-9);
  EXPECT_REL(screening(.001, 1, .05).positive_predictive, .0196270854, 2e-9);
  EXPECT_12(posterior(Values{.01, .99}, Values{.9, .09})[0], screening(.01, .9, .09).positive_predictive);
  const BetaPosterior b = beta_binomial_update(1, 1, 7, 10);
  EXPECT_12(b.mean, 2.0 / 3);
  EXPECT_REL(b.credible.low, .390257440428, 1e-11);
  EXPECT_REL(b.credible.high, .890736556181, 1e-11);
  EXPECT_THROW(posterior(Values{.5, .6}, Values{1, 1}), Error);
}

TEST(Summary, Means) {
  EXPECT_12(geometric_mean(Values{1, 2, 4, 8, 16}), 4);
  EXPECT_REL(harmonic_mean(Values{1, 2, 4, 8, 16}), 2.580645161290, 1e-12);
  EXPECT_12(harmonic_mean(Values{60, 20}), 30);
  const Values x = {10, 12, 11, 15, 14, 18}, recursive = {10, 11, 11, 13, 13.5, 15.75},
               corrected = {10, 11.3333333, 11.1428571, 13.2, 13.6129032, 15.8412698};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_12(ema(x, .5)[i], recursive[i]);
    EXPECT_REL(ema(x, .5, EmaForm::corrected)[i], corrected[i], 1e-8);
  }
  const std::vector<double> nearly_mean = ema(Values{2, 2, 7}, 1e-13, EmaForm::corrected);  // 1 - (1 - alpha)^t would keep 3 digits
  for (size_t i = 0; i < 3; ++i) EXPECT_12(nearly_mean[i], i < 2 ? 2 : 11.0 / 3);
  EXPECT_12(quantile(x, .25), 11.25);
  EXPECT_12(quantile(x, 1), 18);
  EXPECT_12(mean(Values{1e16, 1, -1e16}), 1.0 / 3);
  const Description d = describe(Values{1, 2, std::nan(""), 3, 4});
  EXPECT_EQ(d.n, 4);
  EXPECT_EQ(d.missing, 1);
  EXPECT_12(d.sd, std::sqrt(5.0 / 3));
  EXPECT_THROW(mean(Values{}), Error);
}

TEST(Information, Published) {
  const Values p = {.5, .25, .125, .125}, q = {.25, .25, .25, .25};
  EXPECT_12(to_bits(entropy(p)), 1.75);
  EXPECT_12(to_bits(kl_divergence(p, q)), .25);
  EXPECT_REL(kl_divergence(q, p), .17328679514, 1e-10);
  EXPECT_12(to_bits(cross_entropy(p, q)), 2);
  EXPECT_REL(perplexity(p), 3.363585661, 1e-9);
  EXPECT_REL(to_bits(js_divergence(p, q)), .0612781245, 1e-9);
  EXPECT_12(kl_normal(0, 1, 1, 2), .4431471805599453);
  EXPECT_12(to_bits(surprise(.125)), 3);
  EXPECT_EQ(kl_divergence(Values{.5, .5}, Values{1, 0}), std::numeric_limits<double>::infinity());
  EXPECT_THROW(entropy(Values{.5, .6}), Error);
}

TEST(Resampling, PermutationAndBootstrap) {
  const auto difference = [](std::span<const double> a, std::span<const double> b) { return mean(a) - mean(b); };
  Rng rng(RngMode::philox, 1), again(RngMode::philox, 1);
  // All 20 divisions of 3 + 3: the one seen is the most extreme on its side.
  EXPECT_12(permutation_test(Values{10, 11, 12}, Values{1, 2, 3}, difference, rng).p_value, .1);
  Values low, high;
  for (int i = 0; i < 20; ++i) low.push_back(i), high.push_back(100 + i);
  EXPECT_12(permutation_test(low, high, difference, rng, {.resamples = 500}).p_value, 2.0 / 501);  // the division seen counts as one
  const Values x = r("sleep_1"), y = r("sleep_2");
  const TestResult t = permutation_test(x, y, difference, rng, {.resamples = 20000});
  EXPECT_NEAR(t.p_value, .0814, .01);  // near Welch's .079
  const Bootstrap b = bootstrap(x, [](std::span<const double> v) { return mean(v); }, rng, {.resamples = 100000});
  EXPECT_12(b.estimate, .75);
  EXPECT_NEAR(b.standard_error, std::sqrt(variance(x) * .9 / 10), .006);  // five of its own standard errors
  EXPECT_LT(b.bca.low, .75);
  EXPECT_GT(b.bca.high, .75);
  Rng other(RngMode::philox, 1);
  const auto first = permutation_test(x, y, difference, again, {.resamples = 500}),
             second = permutation_test(x, y, difference, other, {.resamples = 500});
  EXPECT_EQ(first.p_value, second.p_value);
}

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Errors, NameWhatIsWrong) {
  EXPECT_EQ(message_of([] { t_test(Values{1, 2, std::nan("")}); }), "[x] value 3 is nan, expected a finite number");
  EXPECT_EQ(t_test(Values{1, 2, std::nan(""), 4}, 0, {.missing = Missing::drop}).notes[0], "1 of 4 values of x were missing and left out");
  EXPECT_EQ(message_of([] { t_test(Values{2, 2, 2}); }), "[t test] all values are equal to 2: the t statistic does not exist");
  EXPECT_EQ(message_of([] { paired_t_test(Values{1, 2}, Values{1}); }), "[paired t test] got 2 and 1 values, expected pairs");
  EXPECT_EQ(message_of([] { chi_square_test({{1, 2}, {3}}); }), "[chi-square] row 2 has 1 columns, the first has 2");
  EXPECT_EQ(message_of([] { proportion_test(0, 0, 0.5); }),
            "[proportion test] got 0 of 0: a proportion of nothing does not exist, expected a total of 1 or more");
  EXPECT_EQ(message_of([] { tukey_hsd({{1}, {2}, {4}}); }),
            "[tukey] got one value a group: there is no error to compare the means with, expected more values than groups");
  EXPECT_EQ(message_of([] { binomial_test(5, 3); }), "[binomial test] got 5 of 3, expected at most all of them");
  EXPECT_EQ(message_of([] {
              t_test(Values{1, 2}, 0, {.level = 95});
            }),
            "[level] got 95, expected a confidence level between 0 and 1, such as 0.95");
  EXPECT_EQ(message_of([] { alternative_of("bigger"); }), "[alternative] got 'bigger', expected two-sided, less or greater");
}

}  // namespace
}  // namespace grim::stats

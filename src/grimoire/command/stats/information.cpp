#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/bayes.h"
#include "grimoire/stats/information.h"

namespace grim {
namespace {

using namespace stats;

struct Entropy final : StatsTest {
  Options options() override { return joined({in.of_list("counts or shares, or a column of --data"), {in.of_gaps()}}); }
  Answer answer() override {
    const double h = entropy(shares_of(in.whole(in.x(), "x")));
    return {aligned({{"entropy (nats)", number(h)}, {"entropy (bits)", number(to_bits(h))}, {"perplexity", number(std::exp(h))}}),
            Json::object({{"nats", h}, {"bits", to_bits(h)}, {"perplexity", std::exp(h)}})};
  }
};

struct Divergence final : StatsTest {
  Options options() override { return in.of_pairs("counts or shares, or a column of --data", "as many, or another column"); }
  Answer answer() override {
    const std::vector<double> p = shares_of(in.x()), q = shares_of(in.y());
    Lines lines;
    Json j = Json::object();
    for (const auto& [key, v] : {std::pair{"kl_nats", kl_divergence(p, q)},
                                 {"kl_bits", to_bits(kl_divergence(p, q))},
                                 {"reverse_kl_nats", kl_divergence(q, p)},
                                 {"js_nats", js_divergence(p, q)},
                                 {"js_bits", to_bits(js_divergence(p, q))},
                                 {"cross_entropy_bits", to_bits(cross_entropy(p, q))}})
      lines.emplace_back(key, number(v)), j.set(key, v);
    return {aligned(lines), j};
  }
};

struct Bayes final : StatsTest {
  std::string prior_text, likelihood_text;

  Options options() override {
    return {{.name = "prior", .help = "probability of each hypothesis", .target = &prior_text, .basic = true, .required = true},
            {.name = "likelihood", .help = "probability of the evidence under each", .target = &likelihood_text, .basic = true, .required = true}};
  }
  Answer answer() override {
    in.note_rounded(prior_text, "--prior"), in.note_rounded(likelihood_text, "--likelihood");
    const std::vector<double> prior = parse_numbers(prior_text, "prior"), likelihood = parse_numbers(likelihood_text, "likelihood");
    const std::vector<double> after = posterior(prior, likelihood);
    std::string text = str("  {:<10} {:>12} {:>12} {:>14}\n", "hypothesis", "prior", "likelihood", "posterior");
    for (size_t i = 0; i < after.size(); ++i)
      text += str("  {:<10} {:>12.6g} {:>12.6g} {:>14.10g}\n", i + 1, prior[i], likelihood[i], after[i]);
    return {text, Json::object(
                      {{"prior", Json::array_of(prior)}, {"likelihood", Json::array_of(likelihood)}, {"posterior", Json::array_of(after)}})};
  }
};

constexpr StatsEntry kTests[] = {
    {"entropy", "of counts or shares --x", "grimoire stats entropy --x .5,.25,.25", make_test<Entropy>},
    {"kl", "divergences between shares --x and --y", "grimoire stats kl --x .5,.5 --y .9,.1", make_test<Divergence>},
    {"bayes", "posterior from --prior and --likelihood", "grimoire stats bayes --prior .01,.99 --likelihood .9,.09", make_test<Bayes>}};

}  // namespace

const StatsFamily kInformation{"information and Bayes", kTests};

}  // namespace grim

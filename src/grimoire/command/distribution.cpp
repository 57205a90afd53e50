#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/command/csv_flags.h"
#include "grimoire/command/numbers.h"
#include "grimoire/stats/distribution.h"

namespace grim {
namespace {

class DistributionCommand final : public Command {
 public:
  std::string name() const override { return "distribution"; }
  std::string summary() const override { return "probabilities, quantiles, samples and fits of a named distribution"; }
  std::vector<std::string> examples() const override {
    return {"grimoire distribution normal --sf 10 --log-sf 40", "grimoire distribution gamma --param shape=2.5 --cdf 3 --quantile .5,.9",
            "grimoire distribution poisson --fit 3,1,4,1,5 --json", "grimoire distribution list"};
  }
  std::vector<Positional> positionals() override { return {{"name", "its name (normal, t, binomial, ...), or list", &name_}}; }
  Forms forms() const override {
    return {.by = "name", .check = [](const std::string& name) {
              if (name != "list") stats::distribution_info(name);
            }};
  }
  Options options() override {
    if (form() == "list") return {};
    const Options all = {{.name = "param", .help = "a parameter, as shape=2.5; may be given again", .target = &parameters_, .basic = true},
            {.name = "pdf", .help = "density (probability of a count) at these points", .target = &pdf_, .basic = true},
            {.name = "cdf", .help = "P(X <= x) at these points", .target = &cdf_, .basic = true},
            {.name = "sf", .help = "P(X > x) at these points, exact far in the tail", .target = &sf_, .basic = true},
            {.name = "log-pdf", .help = "its logarithm", .target = &log_pdf_},
            {.name = "log-cdf", .help = "logarithm of P(X <= x)", .target = &log_cdf_, .basic = true},
            {.name = "log-sf", .help = "logarithm of P(X > x), where P itself is 0 too", .target = &log_sf_, .basic = true},
            {.name = "quantile", .help = "the x with P(X <= x) = p, for these p", .target = &quantile_, .basic = true},
            {.name = "isf", .help = "the x with P(X > x) = q, for these q", .target = &isf_, .basic = true},
            {.name = "sample", .help = "numbers to draw", .target = &sample_, .low = 0, .high = 1e8, .basic = true},
            {.name = "seed", .help = "of the sample", .target = &seed_, .low = 0, .with = "sample"},
            {.name = "fit",
             .help = "find the parameters by maximum likelihood: numbers, or a column of --data",
             .target = &fit_,
             .basic = true},
            {.name = "data", .help = "a CSV file", .target = &data_, .basic = true, .with = "fit"}};
    return joined({all, layout_.options()});
  }

  int run(Console& console) override {
    if (name_ == "list") return list(console);
    stats::Parameters parameters;
    for (const std::string& p : parameters_) {
      parameters.push_back(parse_setting(p, "param"));
      for (size_t i = 0; i + 1 < parameters.size(); ++i)
        if (parameters[i].first == parameters.back().first)
          throw Error(ErrorKind::usage, str("'{}' is given twice: {} and {}", parameters[i].first, parameters_[i], p), "a parameter takes one value");
    }
    Json result = Json::object();
    report::Facts facts;
    std::unique_ptr<stats::Distribution> d;
    if (fit_.empty()) {
      d = stats::make_distribution(name_, parameters);
    } else {
      d = fit(parameters, result, facts);
    }
    describe(*d, result, facts);
    struct Query {
      const char* name;
      const std::string& at;
      double (stats::Distribution::*f)(double) const;
    };
    using D = stats::Distribution;
    const Query queries[] = {{"pdf", pdf_, &D::pdf},
                             {"cdf", cdf_, &D::cdf},
                             {"sf", sf_, &D::sf},
                             {"log-pdf", log_pdf_, &D::log_pdf},
                             {"log-cdf", log_cdf_, &D::log_cdf},
                             {"log-sf", log_sf_, &D::log_sf},
                             {"quantile", quantile_, &D::quantile},
                             {"isf", isf_, &D::isf}};
    for (const Query& q : queries) {
      if (q.at.empty()) continue;
      if (const std::string note = rounding_note(q.at, str("--{}", q.name)); !note.empty()) facts.items.push_back({"note", note});
      Json answers = Json::array();
      for (double x : parse_numbers(q.at, q.name)) {
        if (std::isnan(x)) throw Error(ErrorKind::usage, str("--{} holds a missing value, expected numbers", q.name));
        const double v = (d.get()->*q.f)(x);
        answers.push(v);
        facts.items.push_back({str("{}({})", q.name, number(x)), report::Number{v, std::isnan(v) ? number(v) : str("{:.16g}", v)}});
      }
      std::string key = q.name;
      for (char& c : key) c = c == '-' ? '_' : c;
      result.set(key, answers.size() == 1 ? answers[0] : std::move(answers));
    }
    std::vector<double> drawn;
    if (sample_ > 0) {
      Rng rng(RngMode::philox, static_cast<uint64_t>(seed_), "sample");
      drawn = d->sample(rng, sample_);
      if (console.json()) result.set("sample", Json::array_of(drawn));
    }
    show(console, {title(*d), {facts}}, std::move(result));
    if (console.json()) return 0;
    std::string lines;
    for (double v : drawn) lines += str("{:.17g}\n", v);
    console.data(lines);
    return 0;
  }

 private:
  static std::string title(const stats::Distribution& d) {
    std::string text = d.name() + "(";
    for (const auto& [key, value] : d.parameters()) text += (text.back() == '(' ? "" : ", ") + key + " = " + number(value);
    return text + ")";
  }

  static void describe(const stats::Distribution& d, Json& result, report::Facts& facts) {
    Json parameters = Json::object();
    for (const auto& [key, value] : d.parameters()) parameters.set(key, value);
    result.set("name", d.name());
    result.set("parameters", std::move(parameters));
    const auto [low, high] = d.support();
    result.set("support", Json::object({{"low", low}, {"high", high}}));
    facts.items.push_back({"support", str("{} from {} to {}", d.discrete() ? "whole numbers" : "numbers", number(low), number(high))});
    const auto add = [&](const char* key, const char* label, double v) {
      result.set(key, v);
      facts.items.push_back({label, report::Number{v, number(v)}});
    };
    add("mean", "mean", d.mean()), add("variance", "variance", d.variance()), add("skewness", "skewness", d.skewness());
    add("excess_kurtosis", "excess kurtosis", d.excess_kurtosis()), add("entropy_nats", "entropy (nats)", d.entropy());
  }

  // What is wrong with numbers of the command line is not of the input.
  stats::Fit fit_of(const std::vector<double>& x, const stats::Parameters& known) const {
    try {
      return stats::fit(name_, x, known);
    } catch (const Error& e) {
      throw Error(data_.empty() && e.kind() == ErrorKind::input ? ErrorKind::usage : e.kind(), e.what(), e.hint());
    }
  }

  std::unique_ptr<stats::Distribution> fit(const stats::Parameters& known, Json& result, report::Facts& facts) {
    std::vector<double> x;
    size_t missing = 0;
    if (data_.empty()) {
      x = parse_numbers(fit_, "fit");
      if (const std::string note = rounding_note(fit_, "--fit"); !note.empty()) facts.items.push_back({"note", note});
    } else {
      CsvOptions csv;
      csv.names = {fit_};
      layout_.set(csv);
      const Table table = read_csv(data_, csv);
      x = table.numbers(fit_);
      std::erase_if(x, [](double v) { return std::isnan(v); });
      missing = static_cast<size_t>(table.rows()) - x.size();
      for (const std::string& note : with_flags(table.notes, options())) facts.items.push_back({"note", note});
      for (const std::string& note : with_flags(table.column(fit_).notes, options())) facts.items.push_back({"note", note});
      if (missing) facts.items.push_back({"note", str("{} missing values left out", missing)});
    }
    stats::Fit f = fit_of(x, known);
    Json errors = Json::object();
    for (size_t i = 0; i < f.standard_errors.size(); ++i) {
      const auto& [key, value] = f.distribution->parameters()[i];
      errors.set(key, f.standard_errors[i]);
      facts.items.push_back({
          key, number(value) + (std::isnan(f.standard_errors[i]) ? "" : str(" +- {:.3g} (standard error)", f.standard_errors[i]))});
    }
    facts.items.push_back({"log-likelihood", str("{} of {} values", number(f.log_likelihood), f.n)});
    for (const std::string& note : f.notes) facts.items.push_back({"note", note});
    result.set("fit", Json::object({{"n", f.n},
                                    {"notes", Json::array_of(f.notes)},
                                    {"missing", missing}, {"log_likelihood", f.log_likelihood}, {"standard_errors", errors}}));
    return std::move(f.distribution);
  }

  static int list(Console& console) {
    report::Facts facts;
    Json result = Json::array();
    for (const stats::DistributionInfo& info : stats::all_distributions()) {
      std::string parameters;
      Json names = Json::array();
      for (const stats::ParameterInfo& p : info.parameters) parameters += (parameters.empty() ? "" : ", ") + p.name, names.push(p.name);
      facts.items.push_back({info.name, str("{} ({})", info.summary, parameters)});
      result.push(Json::object({{"name", info.name}, {"summary", info.summary}, {"parameters", names}}));
    }
    show(console, {"", {facts}}, Json::object({{"distributions", result}}));
    return 0;
  }

  std::string name_, pdf_, cdf_, sf_, log_pdf_, log_cdf_, log_sf_, quantile_, isf_, fit_, data_;
  CsvFlags layout_;
  std::vector<std::string> parameters_;
  int64_t sample_ = 0, seed_ = 1;
};

}  // namespace

std::unique_ptr<Command> make_distribution_command() { return std::make_unique<DistributionCommand>(); }

}  // namespace grim

// Scores of corpora: BLEU, chrF, TER; and whether a system beats another.
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/command/score/form.h"
#include "grimoire/metric/bleu.h"
#include "grimoire/metric/chrf.h"
#include "grimoire/metric/significance.h"
#include "grimoire/metric/ter.h"

namespace grim::score {
namespace {

using report::Figure, report::Remark, report::Table, report::Value, report::number;

enum class Test : uint8_t { bootstrap, randomization };
constexpr int64_t kUsualSamples[] = {1000, 10000};  // of each test, as sacreBLEU

class CorpusForm : public ScoreForm {
 public:
  bool takes_several_references() const override { return true; }
  Options options() override {
    return joined({own_options(),
                   {{.name = "baseline", .help = "file of another system: is the difference between the two more than chance?", .target = &baseline_,
                     .basic = true},
                    {.name = "test", .help = "how that is tested: paired bootstrap or approximate randomization", .target = by_choice(&test_),
                     .choices = {"bootstrap", "randomization"}, .with = "baseline"},
                    {.name = "confidence", .help = "an interval that holds 95 % of the scores of lines drawn anew", .target = &confidence_, .basic = true,
                     .without = {"baseline"}},
                    {.name = "samples", .help = "how often lines are drawn; 0: 1000, or 10000 for randomization", .target = &samples_, .low = 0,
                     .high = 1e7},
                    {.name = "seed", .help = "of the draws; the same as sacreBLEU's gives its answers", .target = &seed_, .low = 0, .high = 4294967295.0},
                    {.name = "by-line", .help = "the score of each line too", .target = &by_line_}}});
  }

  Answer answer(const Sides& sides) override {
    if (baseline_.empty() && !confidence_)
      for (const char* name : {"samples", "seed"})
        if (is_given(name)) throw Error(ErrorKind::usage, str("--{} is of use only with --baseline or --confidence", name), "add one of them, or leave it out");
    const LineFile hypotheses(sides.hypothesis);
    std::vector<std::unique_ptr<LineFile>> files;
    std::vector<Lines> references;
    for (const std::string& path : sides.references) {
      files.push_back(std::make_unique<LineFile>(path));
      check_as_many(hypotheses, *files.back());
      references.push_back(files.back()->lines());
    }
    const std::unique_ptr<CorpusMetric> metric = make();
    const LineCounts counts = metric->count(hypotheses.lines(), references);
    const std::vector<double> sums = counts.sums();
    const double score = metric->score(sums);
    Answer answer{{"", {Figure{metric->name(), number(score, "{:.2f}")}}}, Json::object({{"metric", metric->name()}, {"score", score}})};
    explain(*metric, sums, answer);
    answer.result.set("lines", counts.lines());
    std::string sampling;
    if (confidence_) sampling = add_spread(*metric, counts, answer);
    if (!baseline_.empty()) sampling = add_comparison(*metric, hypotheses, references, counts, score, answer);
    if (by_line_) add_lines(*metric, counts, answer);
    const std::string signature = metric->signature(references.size(), sampling);
    answer.report.blocks.push_back(Remark{signature});
    answer.result.set("signature", signature);
    return answer;
  }

 protected:
  virtual Options own_options() = 0;
  virtual std::unique_ptr<CorpusMetric> make() const = 0;
  virtual void explain(const CorpusMetric& metric, std::span<const double> sums, Answer& answer) const = 0;
  virtual double line_score(const CorpusMetric& metric, std::span<const double> counts) const { return metric.score(counts); }

 private:
  Resampling resampling(Test test) const {
    return {samples_ > 0 ? samples_ : kUsualSamples[static_cast<size_t>(test)], static_cast<uint64_t>(seed_)};
  }

  // Each returns its part of the signature.
  std::string add_spread(const CorpusMetric& metric, const LineCounts& counts, Answer& answer) const {
    const Resampling how = resampling(Test::bootstrap);
    const Spread s = bootstrap_spread(metric, counts, how);
    answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"mean of samples", number(s.mean, "{:.2f}")},
                                                             Figure{"95 % of them, +-", number(s.half_width, "{:.2f}")}});
    answer.result.set("mean", s.mean);
    answer.result.set("half_width", s.half_width);
    return str("bs:{}|seed:{}", how.samples, how.seed);
  }

  std::string add_comparison(const CorpusMetric& metric, const LineFile& hypotheses, std::span<const Lines> references, const LineCounts& counts,
                             double score, Answer& answer) const {
    const LineFile other(baseline_);
    check_as_many(hypotheses, other);
    const LineCounts others = metric.count(other.lines(), references);
    const double base = metric.score(others.sums());
    const Resampling how = resampling(test_);
    const bool drawn = test_ == Test::bootstrap;
    const PairedResult r = (drawn ? paired_bootstrap : approximate_randomisation)(metric, others, counts, how);
    const Spread of_base = drawn ? bootstrap_spread(metric, others, how) : Spread{r.system};
    const auto row = [&](const std::string& path, double s, const Spread& spread, Value p) {
      return std::vector<Value>{path, number(s, "{:.2f}"), number(spread.mean, "{:.2f}"), number(spread.half_width, "{:.2f}"), std::move(p)};
    };
    Table table{{"system", metric.name(), "mean of samples", "95 %, +-", "p"}, {}};
    table.rows.push_back(row(baseline_, base, of_base, std::string("baseline")));
    table.rows.push_back(row(hypotheses.path(), score, r.system, number(r.p, "{:.4f}")));
    answer.report.blocks.emplace_back(table);
    answer.report.blocks.emplace_back(
        Remark{score == base ? "both score the same: there is no difference to test"
                             : str("the difference is {:+.2f}; by chance alone one as large comes about with p = {:.4f}", score - base, r.p)});
    answer.result.set("baseline_score", base);
    answer.result.set("p", r.p);
    if (drawn) {
      answer.result.set("mean", r.system.mean);
      answer.result.set("half_width", r.system.half_width);
      answer.result.set("baseline_mean", of_base.mean);
      answer.result.set("baseline_half_width", of_base.half_width);
    }
    return str("{}:{}|seed:{}", drawn ? "bs" : "ar", how.samples, how.seed);
  }

  void add_lines(const CorpusMetric& metric, const LineCounts& counts, Answer& answer) const {
    Table table{{"line", metric.name()}, {}};
    Json all = Json::array();
    for (size_t i = 0; i < counts.lines(); ++i) {
      const double s = line_score(metric, counts.of(i));
      table.rows.push_back({static_cast<double>(i + 1), number(s, "{:.2f}")});
      all.push(s);
    }
    answer.report.blocks.emplace_back(std::move(table));
    answer.result.set("by_line", std::move(all));
  }

  std::string baseline_;
  Test test_ = Test::bootstrap;
  bool confidence_ = false, by_line_ = false;
  int64_t samples_ = 0, seed_ = 12345;
};

class BleuForm final : public CorpusForm {
 private:
  Options own_options() override {
    return {{.name = "tokenizer", .help = "how lines are cut into words; 13a is for Western languages", .target = by_choice(&settings_.tokenizer),
             .choices = {"13a", "intl", "zh", "char", "none"}, .basic = true},
            {.name = "lowercase", .help = "compare in small letters", .target = &lower_, .basic = true},
            {.name = "smoothing", .help = "what stands for a share without a match", .target = by_choice(&settings_.smoothing),
             .choices = {"exp", "floor", "add-k", "none"}},
            {.name = "smooth-value", .help = "its amount; for add-k 1 unless given", .target = &value_, .low = 0, .high = 1e6,
             .with = "smoothing=floor|add-k"},
            {.name = "effective-order", .help = "count only lengths of which the system has a run: for single sentences", .target = &effective_}};
  }
  std::unique_ptr<CorpusMetric> make() const override { return std::make_unique<Bleu>(resolved(effective_ ? NgramOrder::effective : NgramOrder::full)); }
  BleuOptions resolved(NgramOrder order) const {
    BleuOptions options = settings_;
    options.letters = lower_ ? Case::lowered : Case::kept;
    options.order = order;
    if (is_given("smooth-value")) options.smooth_value = value_;
    return options;
  }
  double line_score(const CorpusMetric&, std::span<const double> counts) const override { return Bleu(resolved(NgramOrder::effective)).score(counts); }
  void explain(const CorpusMetric& metric, std::span<const double> sums, Answer& answer) const override {
    const Bleu::Score s = static_cast<const Bleu&>(metric).explain(sums);
    std::string shares;
    for (double p : s.precision) shares += str("{}{:.1f}", shares.empty() ? "" : " / ", p);
    const double ratio = s.reference_length > 0 ? static_cast<double>(s.hypothesis_length) / static_cast<double>(s.reference_length) : 0;
    answer.report.blocks.insert(answer.report.blocks.end(),
                                {Figure{"runs of 1 / 2 / 3 / 4 words that match, %", shares}, Figure{"brevity penalty", number(s.brevity_penalty, "{:.3f}")},
                                 Figure{"words", static_cast<double>(s.hypothesis_length)},
                                 Figure{"words of the reference", static_cast<double>(s.reference_length)}, Figure{"ratio", number(ratio, "{:.3f}")}});
    answer.result.set("precisions", Json::array_of(s.precision));
    answer.result.set("brevity_penalty", s.brevity_penalty);
    answer.result.set("hyp_len", s.hypothesis_length);
    answer.result.set("ref_len", s.reference_length);
  }

  BleuOptions settings_;
  bool lower_ = false, effective_ = false;
  double value_ = 0.1;
};

class ChrfForm final : public CorpusForm {
 private:
  Options own_options() override {
    return {{.name = "word-order", .help = "words of the longest run; 2 is chrF++", .target = &words_, .low = 0, .high = 9, .basic = true},
            {.name = "char-order", .help = "characters of the longest run", .target = &characters_, .low = 1, .high = 20},
            {.name = "beta", .help = "how much more recall counts than precision", .target = &settings_.beta, .low = 1e-300, .high = 1000},
            {.name = "lowercase", .help = "compare in small letters", .target = &lower_, .basic = true},
            {.name = "whitespace", .help = "blanks are characters too", .target = &blanks_},
            {.name = "eps-smoothing", .help = "lengths of which there is no run count as next to nothing, as chrF++.py has them", .target = &epsilon_}};
  }
  std::unique_ptr<CorpusMetric> make() const override {
    ChrfOptions options = settings_;
    options.char_order = static_cast<int>(characters_), options.word_order = static_cast<int>(words_);
    options.letters = lower_ ? Case::lowered : Case::kept;
    if (blanks_) options.blanks = ChrfOptions::Blanks::counted;
    if (epsilon_) options.smoothing = ChrfOptions::Smoothing::epsilon;
    return std::make_unique<Chrf>(options);
  }
  void explain(const CorpusMetric&, std::span<const double> sums, Answer& answer) const override {
    Table table{{"runs of", "precision, %", "recall, %"}, {}};
    Json orders = Json::array();
    for (size_t n = 0; 3 * n < sums.size(); ++n) {
      const auto share = [&](double of) { return of > 0 ? 100 * sums[3 * n + 2] / of : 0; };
      const bool words = static_cast<int64_t>(n) >= characters_;
      const int64_t length = static_cast<int64_t>(n) + 1 - (words ? characters_ : 0);
      table.rows.push_back({str("{} {}{}", length, words ? "word" : "character", length == 1 ? "" : "s"), number(share(sums[3 * n]), "{:.1f}"),
                            number(share(sums[3 * n + 1]), "{:.1f}")});
      orders.push(Json::object({{"of", words ? "words" : "characters"}, {"length", length}, {"precision", share(sums[3 * n])},
                                {"recall", share(sums[3 * n + 1])}}));
    }
    answer.report.blocks.emplace_back(std::move(table));
    answer.result.set("orders", std::move(orders));
  }

  ChrfOptions settings_;
  int64_t characters_ = 6, words_ = 0;
  bool lower_ = false, blanks_ = false, epsilon_ = false;
};

class TerForm final : public CorpusForm {
 private:
  Options own_options() override {
    return {{.name = "case-sensitive", .help = "capitals differ from small letters", .target = &cased_, .basic = true},
            {.name = "normalized", .help = "part marks from words first, as Tercom's -N", .target = &normalized_, .basic = true},
            {.name = "no-punct", .help = "leave marks out", .target = &no_marks_, .basic = true},
            {.name = "asian-support", .help = "with either of these: ideographs one by one, wide marks too", .target = &asian_}};
  }
  std::unique_ptr<CorpusMetric> make() const override {
    if (asian_ && !normalized_ && !no_marks_)
      throw Error(ErrorKind::usage, "--asian-support is of use only with --normalized or --no-punct", "add one of them, or leave it out");
    return std::make_unique<Ter>(TerOptions{.letters = cased_ ? Case::kept : Case::lowered,
                                            .marks = no_marks_ ? TerOptions::Marks::removed : TerOptions::Marks::kept,
                                            .cut = normalized_ ? TerOptions::Cut::normalized : TerOptions::Cut::at_blanks,
                                            .asian = asian_ ? TerOptions::Asian::special : TerOptions::Asian::as_any});
  }
  void explain(const CorpusMetric&, std::span<const double> sums, Answer& answer) const override {
    answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"edits", sums[0]}, Figure{"words of the reference", sums[1]},
                                                             Remark{"edits for every hundred words: lower is better", report::Tone::faint}});
    answer.result.set("edits", sums[0]);
    answer.result.set("ref_len", sums[1]);
  }

  bool cased_ = false, normalized_ = false, no_marks_ = false, asian_ = false;
};

constexpr FormEntry kForms[] = {
    {"bleu", "translations: runs of one to four words that a reference has too", "translations, line by line",
     "grimoire score bleu --hyp system.txt --ref reference.txt\ngrimoire score bleu --hyp system.txt --ref one.txt --ref other.txt --tokenizer intl --json\n"
     "grimoire score bleu --hyp new.txt --ref reference.txt --baseline old.txt",
     make_form<BleuForm>},
    {"chrf", "translations: F of runs of characters; with --word-order 2 chrF++", "translations, line by line",
     "grimoire score chrf --hyp system.txt --ref reference.txt\ngrimoire score chrf --hyp system.txt --ref reference.txt --word-order 2", make_form<ChrfForm>},
    {"ter", "translations: edits and shifts for every hundred words", "translations, line by line",
     "grimoire score ter --hyp system.txt --ref reference.txt\ngrimoire score ter --hyp system.txt --ref reference.txt --normalized --case-sensitive",
     make_form<TerForm>},
};

}  // namespace

const std::span<const FormEntry> kTextForms = kForms;

}  // namespace grim::score

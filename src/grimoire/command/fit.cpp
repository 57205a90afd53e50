#include <cmath>
#include <filesystem>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/command/learner.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

class FitCommand final : public Command {
 public:
  std::string name() const override { return "fit"; }
  std::string summary() const override {
    return form().empty() ? "fit a classical learner to a table and keep it in one file" : estimator_summary(form());
  }
  Forms forms() const override { return forms_by_learner(Learners::all, name()); }
  std::vector<std::string> examples() const override {
    if (!form().empty()) return {example_of("fit --data table.csv", form(), str(" --out {}.model", form()))};
    return {"grimoire fit --model forest --data iris.csv --target species --out iris.model",
            "grimoire fit --model svc --data train.libsvm --param C=10 --param gamma=0.1 --out svm.model",
            "grimoire fit --model ridge --data houses.csv --target price --scale standard --param alpha=1 --out price.model"};
  }
  Options options() override {
    Options all = joined({data_.options(), learner_.options(form())});
    erase_useless(all, form());
    all.push_back({.name = "out", .help = "file for the fitted model", .target = &out_, .basic = true});
    return all;
  }

  void set(const Settings& given) override {
    Command::set(given);
    data_.suit(*learner_.bare());  // a wrong parameter is said before a large file is read
    learner_.refuse_useless();
  }

  int run(Console& console) override {
    if (out_.empty()) throw Error(ErrorKind::usage, "--out is missing: the file for the fitted model", "for example --out iris.model");
    if (out_ == "-") throw Error(ErrorKind::usage, "--out -: the report goes to standard output, a model needs a file", "for example --out iris.model");
    check_output("out", out_, data_.data);
    std::error_code none;
    if (const auto names = std::filesystem::hard_link_count(out_, none); !none && names > 1)
      console.say(str("note: {} has other names (hard links): they keep the old model, for a file is replaced whole, never written over", out_));
    const device::ThreadCap cap(learner_.threads);
    Dataset data = data_.load(console);
    const std::unique_ptr<Estimator> learner = learner_.build(data, console);
    if (!learner->needs_target() && !data.y.empty()) {
      console.say(str("note: {} learns without a target: {} not looked at", learner_.model,
                      data.target.empty() ? "the labels are" : str("column '{}' is", data.target)));
      data.y.clear(), data.classes.clear();
    }
    if (learner->needs_target() && data.y.empty())
      throw Error(ErrorKind::usage, str("--target is missing: the column that {} is to predict", learner_.model),
                  "see the file's first line for its columns");
    learner_.weigh_classes(data);
    console.live(str("{}: {}", learner_.model, shape_in_words(data)));
    const double start = monotonic_seconds();
    learner->fit(data);
    const double seconds = monotonic_seconds() - start;
    State state = learner->to_state();
    state.set("data", data_.kept(data));
    state.save(out_);

    tell_fit(console, *learner, data, seconds);
    return 0;
  }

 private:
  void tell_fit(Console& console, const Estimator& learner, const Dataset& data, double seconds) {
    const FitReport& fit = learner.report();
    const std::vector<std::string> warnings = with_flags(fit.warnings, options());
    for (const std::string& w : warnings) console.say("warning: " + w);
    Json result = Json::object({{"model", learner_.model},
                                {"file", out_},
                                {"rows", data.rows()},
                                {"columns", data.x.width()},
                                {"seconds", seconds},
                                {"converged", fit.converged},
                                {"iterations", fit.iterations},
                                {"stopped", fit.stopped},
                                {"notes", Json::array_of(with_flags(data.notes, options()))},
                                {"warnings", Json::array_of(warnings)}});
    report::Report answer{str("{} fitted on {} in {:.3g} s", learner_.model, shape_in_words(data), seconds), {}};
    if (!fit.stopped.empty())
      answer.blocks.push_back(report::Remark{
          fit.iterations <= 1 && fit.converged
              ? fit.stopped
              : str("{} after {} iterations: {}", fit.converged ? "converged" : "NOT converged", fit.iterations, fit.stopped)});
    if (std::isfinite(fit.objective)) {
      answer.blocks.push_back(report::Figure{"objective", report::number(fit.objective, "{:.10g}")});
      if (std::isfinite(fit.gap)) answer.blocks.push_back(report::Figure{"gap", report::number(fit.gap, "{:.3g}")});
      result.set("objective", fit.objective);
      result.set("gap", value_or_null(fit.gap));
    }
    if (learner.needs_target()) {
      const double score = learner.score(data);
      answer.blocks.push_back(report::Figure{data.classifies() ? "accuracy on these rows" : "R2 on these rows", report::number(score, "{:.4f}")});
      answer.blocks.push_back(report::Remark{"grimoire validate says how it does on new rows", report::Tone::faint});
      result.set("train_score", score);
      result.set("score", data.classifies() ? "accuracy" : "r2");
    }
    if (const std::string description = learner.describe(); !description.empty()) {
      const std::vector<std::string_view> lines = lines_in(description);
      answer.blocks.push_back(report::Steps{{lines.begin(), lines.end()}});
      result.set("description", description);
    }
    if (data.classifies()) result.set("classes", Json::array_of(data.classes));
    show(console, answer, std::move(result));
    console.say(str("model: {}", out_));
  }

  DataFlags data_;
  LearnerFlags learner_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Command> make_fit_command() { return std::make_unique<FitCommand>(); }

}  // namespace grim

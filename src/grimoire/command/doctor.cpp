#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/classic/diagnose.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/command/learner.h"
#include "grimoire/device/threads.h"
#include "grimoire/train/report.h"

namespace grim {
namespace {

class DoctorCommand final : public Command {
 public:
  std::string name() const override { return "doctor"; }
  std::string summary() const override {
    return form().empty() ? "look inside a run, or at a table and a learner: is all well?" : estimator_summary(form());
  }
  std::vector<std::string> examples() const override {
    if (!form().empty()) return {example_of("doctor table.csv", form())};
    return {"grimoire doctor runs/names", "grimoire doctor runs/names --json", "grimoire doctor runs/names --target 1.9",
            "grimoire doctor titanic.csv --model logistic --target Survived"};
  }
  std::vector<Positional> positionals() override { return {{"what", "a run folder, or a table (CSV, LIBSVM, ...)", &what_}}; }
  Forms forms() const override { return forms_by_learner(Learners::with_target, name()); }
  Options options() override {
    Options all = joined({data_.options(), learner_.options(form())});
    erase_useless(all, form());
    std::erase_if(all, [](const Option& o) { return o.name == "data"; });
    for (Option& o : all)
      if (o.name == "target" && form().empty()) o.help += "; of a run: a loss that would do, in nats a token";
    return all;
  }

  void set(const Settings& given) override {
    Command::set(given);
    const bool run = files().kind(what_) == FileKind::folder;
    for (const Setting& s : given)
      if (run && !s.ambient && s.name != "target")
        throw Error(ErrorKind::usage, str("grimoire doctor {} takes no --{}", what_, s.name), "of a run it takes --target");
    if (run || !(is_table() || !form().empty())) return;
    data_.suit(*learner_.bare());  // a wrong parameter is said before a large file is read
    learner_.refuse_useless();
  }

  int run(Console& console) override { return is_table() ? look_at_table(console) : look_at_run(console); }

 private:
  bool is_table() const {
    const FileKind kind = files().kind(what_);
    return kind == FileKind::file || kind == FileKind::other;
  }

  int look_at_run(Console& console) {
    read_run_config(what_);  // what is no run is said before what would do of one
    const Diagnosis d = with_flags_in(diagnose_run(what_, target_loss()));
    report::Report answer{"", {report::Remark{d.source.empty() ? "fresh weights, before any step" : str("weights of step {}: {}", d.step, d.source)},
                               layers_of(d), weights_of(d)}};
    const std::vector<report::Block> back = back_of(d), verdicts = verdicts_of(d);
    answer.blocks.insert(answer.blocks.end(), back.begin(), back.end());
    answer.blocks.insert(answer.blocks.end(), verdicts.begin(), verdicts.end());
    tell(console, answer);
    try {
      ReportOptions report{.diagnosis = &d};
      if (d.learning.kind != LearningKind::diverged) report.samples = samples_of_run(what_), report.examined = examined_run(what_);
      write_report(what_, report);
      console.say(str("with pictures: {}", join_path(what_, "report.html")));
    } catch (const Error& e) {  // the verdict stands without them; that the best weights cannot be read belongs to it
      if (e.kind() == ErrorKind::input) throw;
      console.say(str("no report: {}", with_flags(e.what(), options())));
    }
    Json result = to_json(d);
    result.set("report", to_json(answer));
    if (console.json()) console.result(result);
    return 0;
  }

  Diagnosis with_flags_in(Diagnosis d) {
    const Options flags = options();
    for (Verdict& v : d.verdicts) v.text = with_flags(v.text, flags);
    d.learning.text = with_flags(d.learning.text, flags), d.learning.advice = with_flags(d.learning.advice, flags);
    return d;
  }

  double target_loss() const {
    if (data_.target.empty()) return NAN;
    double loss = 0;
    const Option number{.name = "target", .help = "", .target = &loss, .low = 0};
    try {
      number.set(data_.target);
    } catch (const Error& e) {
      throw Error(e.kind(), e.what(), "of a run it is a loss that would do, in nats a token; a column belongs to a table");
    }
    return loss;
  }

  int look_at_table(Console& console) {
    const device::ThreadCap cap(learner_.threads);
    data_.data = what_;
    Dataset data = data_.load(console);
    if (data.y.empty())
      throw Error(ErrorKind::usage, "--target is missing: the column to predict", "see the file's first line for its columns");
    const auto learner = learner_.build(data, console);
    learner_.weigh_classes(data);
    static constexpr const char* kSteps[] = {"classes", "copies", "leaks", "scales", "fit", "verdict"};
    const TableDiagnosis d = diagnose_table(*learner, data, [&](int64_t step, int64_t) {
      console.live(str("looking at: {}", kSteps[step]));
      return !console.stop_requested();
    });
    const std::string score = data.classifies() ? "accuracy" : "R2";
    report::Report answer{str("{} on {}", learner_.model, shape_in_words(data)),
                          {report::Figure{score + " held back", report::number(d.test, "{:.4f}")},
                           report::Figure{score + " on its own rows", report::number(d.train, "{:.4f}")}}};
    if (data.classifies()) answer.blocks.push_back(report::Figure{score + " by the commonest class", report::number(d.baseline, "{:.4f}")});
    Json findings = Json::array();
    for (const Finding& f : d.findings) {
      const std::string advice = with_flags(f.advice, options());
      answer.blocks.insert(answer.blocks.end(), {report::Heading{f.kind}, report::Remark{f.text}});
      if (!advice.empty()) answer.blocks.push_back(report::Remark{"do: " + advice});
      findings.push(Json::object({{"kind", f.kind}, {"text", f.text}, {"advice", advice}}));
    }
    show(console, answer, Json::object({{"model", learner_.model},
                                        {"rows", data.rows()},
                                        {"verdict", d.findings.front().kind},
                                        {"findings", findings},
                                        {"train", value_or_null(d.train)},
                                        {"test", value_or_null(d.test)},
                                        {"baseline", value_or_null(d.baseline)}}));
    return 0;
  }

  std::string what_;
  DataFlags data_;
  LearnerFlags learner_;
};

}  // namespace

std::unique_ptr<Command> make_doctor_command() { return std::make_unique<DoctorCommand>(); }

}  // namespace grim

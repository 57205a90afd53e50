// Distillation: losses and gradients of PyTorch; a student of all layers is its teacher; one of half of them learns what the teacher says, with labels and
// without; the same bits for any number of threads and across a stop.
#include "grimoire/task/distill.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/bert.h"
#include "grimoire/model/with_layers.h"
#include "grimoire/op/reduce.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/task/tasks.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/run.h"
#include "support/golden_model.h"
#include "support/op_case.h"
#include "support/quiet_run.h"
#include "task/taught_run.h"

namespace grim {
namespace {
using test::Quiet;

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";

Tensor rows_of(const Json& rows) {
  const auto N = static_cast<int64_t>(rows.size()), C = static_cast<int64_t>(rows[0].size());
  const Tensor x = Tensor::empty({N, C}, Dtype::f64);
  for (int64_t i = 0; i < N * C; ++i) x.data<double>()[i] = rows[static_cast<size_t>(i / C)][static_cast<size_t>(i % C)].as_real();
  return x;
}

// Value and gradient of a loss of rows, against the file's.
template <class Loss> void expect_rows(const Json& golden, const Loss& loss) {
  const Tensor x = requires_grad(rows_of(golden.at("student")));
  const Tensor y = loss(x, rows_of(golden.at("teacher")));
  for (int64_t i = 0; i < y.dim(0); ++i) EXPECT_NEAR(y.at({i}), golden.at("loss")[static_cast<size_t>(i)].as_real(), 1e-13 * std::max(1.0, y.at({i})));
  backward(sum(y));
  EXPECT_LE(test::relative_difference(grad(x), rows_of(golden.at("gradient"))), 1e-13);
}

TEST(DistillLoss, IsPyTorchs) {
  const Json golden = Json::parse(read_file(kGolden + "distill.json"));
  ASSERT_EQ(golden.at("soft").size(), 4u);
  for (const Json& c : golden.at("soft").items())
    expect_rows(c, [&](const Tensor& x, const Tensor& y) {
      return soft_loss(x, y, c.at("temperature").as_real(), c.text("kind") == "one" ? LabelKind::one : LabelKind::several);
    });
  expect_rows(golden.at("cosine"), cosine_loss);
}

TEST(DistillLoss, HasItsGradient) {
  for (const LabelKind kind : {LabelKind::one, LabelKind::several, LabelKind::number})
    test::check_op({.name = "soft", .inputs = {{.shape = {5, 4}, .low = -3, .high = 3}, {.shape = {5, 4}, .low = -3, .high = 3, .gradient = false}},
                    .run = [&](const test::Inputs& in) { return soft_loss(in[0], in[1], 2.5, kind); }, .bf16_tolerance = 0});
  test::check_op({.name = "cosine", .inputs = {{{5, 7}}, {.shape = {5, 7}, .gradient = false}},
                  .run = [](const test::Inputs& in) { return cosine_loss(in[0], in[1]); }, .bf16_tolerance = 0});
}

TEST(DistillLoss, OfEqualsIsNothing) {
  const Tensor x = test::random_tensor({{6, 5}, -4, 4}, Dtype::f64, 3);
  EXPECT_LE(max(soft_loss(x, x, 3)).item(), 1e-14);
  EXPECT_LE(std::abs(max(soft_loss(x, x, 3, LabelKind::several)).item()), 1e-14);
  EXPECT_LE(max(cosine_loss(x, x)).item(), 1e-12);
  EXPECT_THROW(soft_loss(x, Tensor::zeros({6, 4}, Dtype::f64), 1), Error);
  EXPECT_THROW(cosine_loss(x, Tensor::zeros({5, 5}, Dtype::f64)), Error);
}

std::unique_ptr<TextEncoder> golden_encoder(const std::string& name) {
  Rng rng(RngMode::philox, 1);
  std::unique_ptr<Pretrained> model = build_model(Json::parse(read_file(kGolden + "encoders/" + name + ".json")), rng);
  std::vector<NamedTensor> weights;
  for (const auto& [key, tensor] : read_safetensors(kGolden + "encoders/" + name + ".safetensors"))
    if (key.starts_with("weight.")) weights.push_back({key.substr(7), tensor});
  model->load(weights);
  return capability_in<TextEncoder>(model);
}

std::vector<std::vector<int64_t>> lists(const Json& rows) {
  std::vector<std::vector<int64_t>> all(rows.size());
  for (size_t i = 0; i < rows.size(); ++i)
    for (const Json& n : rows[i].items()) all[i].push_back(n.as_integer());
  return all;
}

TEST(DistillLoss, OfMaskedWordsIsTransformers) {
  const Json golden = Json::parse(read_file(kGolden + "distill.json"));
  std::vector<std::vector<int64_t>> texts = lists(golden.at("texts"));
  const std::vector<std::vector<int64_t>> places = lists(golden.at("places"));
  test::Ids hidden, asked;
  int64_t begin = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    for (const int64_t p : places[i]) {
      int64_t& word = texts[i][static_cast<size_t>(p)];
      hidden.push_back(begin + p), asked.push_back(word);
      word = golden.integer("mask");
    }
    begin += std::ssize(texts[i]);
  }
  const MlmExamples::Batch batch{TokenBatch::of(texts), test::ids_of(hidden), test::ids_of(asked), test::ids_of({1, 0, 1})};
  for (const Json& c : golden.at("tasks").items()) {
    if (c.text("objective") != "mlm") continue;
    const std::unique_ptr<TextEncoder> teacher = golden_encoder(c.text("encoder"));
    std::unique_ptr<Pretrained> some = with_layers(*teacher, std::vector<int64_t>{golden.integer("layer")});
    const std::unique_ptr<TextEncoder> student = capability_in<TextEncoder>(some);
    for (const NamedTensor& p : student->parameters()) requires_grad(p.tensor);
    Pass pass = Pass::evaluation();
    const Tensor loss = distill_mlm_loss(*student, *teacher, batch, {}, pass);
    EXPECT_NEAR(loss.item(), c.at("loss").as_real(), 1e-5 * loss.item());
    backward(loss);
    test::expect_gradients(*student, read_safetensors(kGolden + "distill/" + c.text("encoder") + ".safetensors"));
  }
}

// --- runs ------------------------------------------------------------------------------------------------------------

const std::string kTokenizer = test::word_tokenizer({"the", "film", "was", "fine", "bright", "dull", "slow", "very", "w12", "w13", "w14", "w15", "w16",
                                                    "w17", "w18"});

class Distilling : public ::testing::Test {
 protected:
  void SetUp() override {
    add_tasks();
    write_atomically(folder_ / "tokenizer.json", kTokenizer);
    tokenizer_ = load_tokenizer(folder_ / "tokenizer.json");
    std::string labelled = "text\tlabel\n", plain = "text\n", running;
    const char* const words[] = {"fine", "bright", "dull", "slow"};
    for (int i = 0; i < 64; ++i) {
      const std::string text = str("the film was {}{}", i % 3 ? "very " : "", words[i % 4]);
      labelled += str("{}\t{}\n", text, i % 4 < 2 ? "good" : "bad"), plain += text + "\n", running += text + "\n\n";
    }
    write_atomically(folder_ / "texts.tsv", labelled);
    write_atomically(folder_ / "plain.csv", plain);
    write_atomically(folder_ / "running.txt", running);
  }
  // A model of four layers that was taught: by `labels` what texts are, else what stands behind masks.
  std::string teacher(bool labels) {
    const std::string name = labels ? "teacher" : "masked-1";
    if (exists(folder_ / name)) return folder_ / name;
    Rng rng(RngMode::philox, 1);
    const Bert bert({.vocab_size = 19, .context = 16, .n_embd = 16, .n_layer = 4, .n_head = 2, .n_inner = 32, .dropout = 0, .head = BertHead::masked}, rng);
    save_checkpoint(folder_ / "masked-1", model_files(bert, tokenizer_.get()), Json::object());
    if (labels) {
      RunConfig c = config("classify", "teacher", "texts.tsv");
      c.init_from = folder_ / "masked-1";
      c.lr = 5e-3;
      EXPECT_EQ(train(c, quiet_).dev_score, 1.0);
    }
    return folder_ / name;
  }
  RunConfig config(const std::string& task, const std::string& name, const std::string& data) {
    RunConfig c;
    c.model = "bert";
    c.task = task;
    c.data = folder_ / data;
    c.out = folder_ / name;
    c.split = "75/25/0";
    c.steps = 60;
    c.batch_size = 8;
    c.lr = 2e-3;
    c.eval_every = 20;
    c.save_every = 15;
    return c;
  }
  RunConfig distilling(const std::string& name, const std::string& layers = "0,2", const std::string& data = "texts.tsv", const char* task = "distill") {
    RunConfig c = config(task, name, data);
    c.init_from = teacher(c.task == "distill");
    c.set("student_layers", layers);
    return c;
  }
  std::string refusal(RunConfig c) {
    try {
      train(c, quiet_);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  test::TempFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Quiet quiet_;
};

// Of the labels' objective: a task on texts of the file, whose loss and gradients are those of transformers.
TEST_F(Distilling, LossIsTransformers) {
  const Json golden = Json::parse(read_file(kGolden + "distill.json"));
  save_checkpoint(folder_ / "golden-1", model_files(*golden_encoder("bert_sequence"), tokenizer_.get()), Json::object());
  std::string texts = "text\tlabel\n";
  const std::vector<std::vector<int64_t>> ids = lists(golden.at("texts"));
  for (size_t i = 0; i < ids.size(); ++i) {
    for (size_t t = 1; t + 1 < ids[i].size(); ++t) texts += str("{}{}", t > 1 ? " " : "", tokenizer_->token(ids[i][t]));
    texts += str("\tLABEL_{}\n", golden.at("labels")[i].as_integer());
  }
  write_atomically(folder_ / "golden.tsv", texts);
  RunConfig c = config("distill", "golden", "golden.tsv");
  c.split = "100/0/0";
  c.init_from = folder_ / "golden-1";
  c.set("student_layers", std::to_string(golden.integer("layer")));
  Rng rng(RngMode::philox, 1);
  const std::unique_ptr<Task> task = c.open_task()->make(c, rng);
  for (const NamedTensor& p : task->model().parameters()) requires_grad(p.tensor);
  Pass pass = Pass::evaluation();
  const std::vector<int64_t> rows = {0, 1, 2};
  const Tensor loss = task->loss(rows, pass);
  EXPECT_NEAR(loss.item(), golden.at("tasks")[0].at("loss").as_real(), 1e-5 * loss.item());
  backward(loss);
  test::expect_gradients(task->model(), read_safetensors(kGolden + "distill/bert_sequence.safetensors"));
}

TEST_F(Distilling, AStudentOfAllLayersIsItsTeacher) {
  const TrainedEncoder taught = load_encoder(teacher(true));
  for (const char* part : {"soft_weight", "cosine_weight"}) {
    RunConfig c = distilling("all", "0,1,2,3");
    for (const char* weight : {"soft_weight", "hard_weight", "cosine_weight"}) c.set(weight, weight == std::string(part) ? 1.0 : 0.0);
    Rng rng(RngMode::philox, 1);
    const std::unique_ptr<Task> task = c.open_task()->make(c, rng);
    Pass pass = Pass::evaluation();
    const std::vector<int64_t> rows = {0, 1, 2, 3, 4, 5, 6, 7};
    EXPECT_NEAR(task->loss(rows, pass).item(), 0, 1e-6) << part;
    std::map<std::string, Tensor> own;
    for (const NamedTensor& t : task->model().checkpoint()) own[t.name] = t.tensor;
    for (const NamedTensor& t : taught.model->checkpoint()) EXPECT_TRUE(test::bit_equal(t.tensor, own.at(t.name))) << t.name;
    const std::vector<std::string> texts = {"the film was dull", "very bright"}, places = {"1", "2"};
    const EncodedTexts encoded(*taught.tokenizer, texts, {}, {.most = 16}, places);
    const auto& student = dynamic_cast<const TextEncoder&>(task->model());
    std::unique_ptr<Pretrained> plain = open_model_folder(taught.path).model;  // with matrices laid out as the student's
    EXPECT_TRUE(test::bit_equal(answer_labels(student, encoded).values, answer_labels(*capability_in<TextEncoder>(plain), encoded).values));
  }
}

TEST_F(Distilling, AStudentOfHalfTheLayersLearns) {
  for (const auto& [dtype, data] : {std::pair<const char*, const char*>{"f32", "texts.tsv"}, {"bf16", "texts.tsv"}, {"f32", "plain.csv"}}) {
    RunConfig c = distilling(str("half-{}-{}", dtype, data), "0,2", data);
    c.set("dtype", dtype);
    quiet_.notes.clear();
    EXPECT_EQ(train(c, quiet_).dev_score, 1.0) << dtype << " " << data;
    const std::string said = data == std::string("plain.csv") ? "no column of labels"
                                                              : "the teacher has accuracy 1.0000 on dev, of 4 layers; the student has 2";
    EXPECT_TRUE(std::ranges::any_of(quiet_.notes, [&](const std::string& n) { return n.starts_with(said); })) << data;
    const TrainedEncoder student = load_encoder(c.out);
    EXPECT_EQ(student.model->label_set().names, (std::vector<std::string>{"bad", "good"}));
    EXPECT_EQ(student.model->config().integer("num_hidden_layers"), 2);
  }
}

TEST_F(Distilling, MaskedWordsAreLearned) {
  RunConfig c = distilling("words", "1,3", "running.txt", "distill-mlm");
  const RunResult r = train(c, quiet_);
  EXPECT_LT(r.dev_loss, .8 * r.uniform_loss);
  EXPECT_TRUE(load_encoder(c.out).model->has(EncoderPart::masked));
}

TEST_F(Distilling, IsTheSameForAnyNumberOfThreadsAndAcrossAStop) {
  for (const char* task : {"distill", "distill-mlm"}) {
    const std::string data = task == std::string("distill") ? "texts.tsv" : "running.txt";
    const auto make = [&](const std::string& name) {
      RunConfig c = distilling(str("{}-{}", task, name), "0,2", data, task);
      c.steps = 30;
      return c;
    };
    for (const int threads : {1, 2}) {
      RunConfig c = make(str("threads-{}", threads));
      c.threads = threads;
      train(c, quiet_);
    }
    test::expect_same_weights(folder_ / str("{}-threads-1", task), folder_ / str("{}-threads-2", task));
    RunConfig c = make("stopped");
    Quiet stopper;
    stopper.stop_at = 17;
    EXPECT_EQ(train(c, stopper).ending, Ending::stopped);
    resume(c.out, quiet_);
    test::expect_same_weights(folder_ / str("{}-threads-1", task), c.out);
  }
}

TEST_F(Distilling, AnotherTeacherIsNoticed) {
  RunConfig c = distilling("run");
  c.steps = 8;
  Quiet stopper;
  stopper.stop_at = 4;
  train(c, stopper);
  remove_all(folder_ / "teacher");
  RunConfig other = config("classify", "teacher", "texts.tsv");
  other.init_from = folder_ / "masked-1";
  other.seed = 2;
  other.steps = 5;
  train(other, quiet_);
  try {
    resume(c.out, quiet_);
    FAIL() << "it went on";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("teacher_xxh3_128"), std::string::npos) << e.what();
  }
}

TEST_F(Distilling, SaysWhatIsWrongBeforeItTrains) {
  EXPECT_EQ(refusal(distilling("bad", "0,4")), "[layers] there is no layer 4, expected 0 to 3");
  EXPECT_EQ(refusal(distilling("bad", "0,2,0")), "[layers] layer 0 is named twice, expected each at most once");
  EXPECT_EQ(refusal(distilling("bad", "0..2")), "[layers] got '0..2', expected numbers as in 0,2,4");
  EXPECT_NE(refusal(distilling("bad", "")).find("which of the teacher's layers the student begins with"), std::string::npos);
  RunConfig headless = distilling("bad");
  headless.init_from = folder_ / "masked-1";
  EXPECT_NE(refusal(headless).find("masked-1: the teacher has no head that labels texts"), std::string::npos);
  EXPECT_NE(refusal([&] {
              RunConfig c = distilling("bad", "0,2", "running.txt", "distill-mlm");
              c.init_from = folder_ / "teacher";
              return c;
            }()).find("the teacher has no head that fills in masked words"),
            std::string::npos);
  write_atomically(folder_ / "other.tsv", "text\tlabel\nthe film\tgood\nthe film was dull\tpoor\n");
  EXPECT_NE(refusal(distilling("bad", "0,2", "other.tsv")).find("row 2 (line 3): the label 'poor' is none of those that are learned: bad, good"),
            std::string::npos);
  RunConfig nothing = distilling("bad");
  nothing.set("soft_weight", 0.0).set("hard_weight", 0.0).set("cosine_weight", 0.0);
  EXPECT_NE(refusal(nothing).find("nothing is learned"), std::string::npos);
  RunConfig unlabelled = distilling("bad", "0,2", "plain.csv");
  unlabelled.set("soft_weight", 0.0).set("cosine_weight", 0.0);
  EXPECT_NE(refusal(unlabelled).find("the data have no labels"), std::string::npos);
  EXPECT_FALSE(exists(folder_ / "bad"));
}

}  // namespace
}  // namespace grim

#include <zip.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/anki.h"
#include "grimoire/learn/database.h"
#include "grimoire/learn/html_tag.h"
#include "grimoire/report/escape.h"
#include "grimoire/report/markdown.h"

namespace grim::learn {
namespace {

constexpr uint64_t kMostBytes = uint64_t{256} << 20;  // of a collection inside a package
constexpr char kFieldEnd = '\x1f';

// The schema that every version of Anki imports (11).
constexpr const char* kSchema =
    "CREATE TABLE col (id integer PRIMARY KEY, crt integer NOT NULL, mod integer NOT NULL, scm integer NOT NULL, ver integer NOT NULL, dty integer NOT NULL, "
    "usn integer NOT NULL, ls integer NOT NULL, conf text NOT NULL, models text NOT NULL, decks text NOT NULL, dconf text NOT NULL, tags text NOT NULL);"
    "CREATE TABLE notes (id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, mod integer NOT NULL, usn integer NOT NULL, tags text NOT NULL, "
    "flds text NOT NULL, sfld integer NOT NULL, csum integer NOT NULL, flags integer NOT NULL, data text NOT NULL);"
    "CREATE TABLE cards (id integer PRIMARY KEY, nid integer NOT NULL, did integer NOT NULL, ord integer NOT NULL, mod integer NOT NULL, usn integer NOT NULL, "
    "type integer NOT NULL, queue integer NOT NULL, due integer NOT NULL, ivl integer NOT NULL, factor integer NOT NULL, reps integer NOT NULL, "
    "lapses integer NOT NULL, left integer NOT NULL, odue integer NOT NULL, odid integer NOT NULL, flags integer NOT NULL, data text NOT NULL);"
    "CREATE TABLE revlog (id integer PRIMARY KEY, cid integer NOT NULL, usn integer NOT NULL, ease integer NOT NULL, ivl integer NOT NULL, "
    "lastIvl integer NOT NULL, factor integer NOT NULL, time integer NOT NULL, type integer NOT NULL);"
    "CREATE TABLE graves (usn integer NOT NULL, oid integer NOT NULL, type integer NOT NULL);";

// Anki wants every deck to have options; these are its own usual ones.
constexpr const char* kOptions =
    R"({"1":{"id":1,"mod":0,"name":"Default","usn":0,"maxTaken":60,"autoplay":true,"timer":0,"replayq":true,"dyn":false,)"
    R"("new":{"bury":false,"delays":[1.0,10.0],"initialFactor":2500,"ints":[1,4,0],"order":1,"perDay":20},)"
    R"("rev":{"bury":false,"ease4":1.3,"ivlFct":1.0,"maxIvl":36500,"perDay":200,"hardFactor":1.2},)"
    R"("lapse":{"delays":[10.0],"leechAction":1,"leechFails":8,"minInt":1,"mult":0.0}}})";

// Ids that do not change from export to export: Anki updates its notetypes by them.
constexpr int64_t kBasic = 1'700'000'000'001, kCloze = 1'700'000'000'002;

Json notetype(int64_t id, const char* name, int type, const char* question_side, const char* answer_side, std::initializer_list<const char*> fields) {
  Json list = Json::array();
  int64_t at = 0;
  for (const char* f : fields)
    list.push(Json::object({{"name", f}, {"ord", at++}, {"sticky", false}, {"rtl", false}, {"font", "Arial"}, {"size", 20}, {"media", Json::array()}}));
  const Json side = Json::object(
      {{"name", "Card 1"}, {"ord", 0}, {"qfmt", question_side}, {"afmt", answer_side}, {"bqfmt", ""}, {"bafmt", ""}, {"did", Json()}});
  return Json::object({{"id", id}, {"name", name}, {"type", type}, {"mod", 0}, {"usn", -1}, {"sortf", 0}, {"did", Json()}, {"tmpls", Json::array({side})},
                       {"flds", list}, {"css", ".card { font-family: sans-serif; font-size: 20px; text-align: left; }"}, {"latexPre", ""}, {"latexPost", ""},
                       {"req", Json::array({Json::array({0, "any", Json::array({0})})})}, {"tags", Json::array()}, {"vers", Json::array()}});
}

std::string models_json() {
  const char* const back = "<hr id=answer>{{Answer}}<div>{{Explanation}}</div>";
  Json models = Json::object();
  models.set(std::to_string(kBasic), notetype(kBasic, "Grimoire", 0, "{{Question}}", (std::string("{{FrontSide}}") + back).c_str(),
                                              {"Question", "Answer", "Explanation", "Markdown"}));
  models.set(std::to_string(kCloze), notetype(kCloze, "Grimoire cloze", 1, "{{cloze:Question}}", "{{cloze:Question}}<div>{{Explanation}}</div>",
                                              {"Question", "Answer", "Explanation", "Markdown"}));
  return models.dump();
}

std::string decks_json(int64_t id, const Deck& cards) {
  const auto deck = [](int64_t number, const std::string& title, const std::string& description) {
    const Json none = Json::array({0, 0});
    return Json::object({{"id", number}, {"mod", 0}, {"name", title}, {"usn", -1}, {"lrnToday", none}, {"revToday", none}, {"newToday", none},
                         {"timeToday", none}, {"collapsed", false}, {"browserCollapsed", false}, {"desc", description}, {"dyn", 0},
                         {"conf", 1}, {"extendNew", 0}, {"extendRev", 0}});
  };
  Json decks = Json::object();
  decks.set("1", deck(1, "Default", ""));
  decks.set(std::to_string(id), deck(id, cards.name, cards.description));
  return decks.dump();
}

struct Fields {
  std::string question, answer, explanation, markdown;
  std::string joined() const { return question + kFieldEnd + answer + kFieldEnd + explanation + kFieldEnd + markdown; }
};

// The fields of a note; `markdown` holds what they were made of.
Fields fields_of(const std::string& question, const std::string& answer, const std::string& explanation) {
  const auto html = [](const std::string& m) { return m.empty() ? "" : report::markdown_to_html(m); };
  const Json source = Json::object({{"question", question}, {"answer", answer}, {"explanation", explanation}});
  return {html(report::inline_markdown(question)), html(report::inline_markdown(answer)), html(explanation), escape_html(source.dump())};
}

std::string collection_of(const Deck& deck) {
  Database db(":memory:");
  db.run(kSchema);
  const int64_t now = unix_milliseconds(), deck_id = now;
  Statement(db, "INSERT INTO col VALUES (1, ?, ?, ?, 11, 0, 0, 0, '{}', ?, ?, ?, '{}')")
      .bind(now / 1000).bind(now).bind(now).bind(models_json()).bind(decks_json(deck_id, deck)).bind(std::string_view(kOptions)).run();
  std::string tags = " ";
  for (const std::string& t : deck.tags) tags += t + " ";
  int64_t id = now, due = 0;
  for (const auto& cards : notes_of(deck)) {
    const Card& c = cards.front();
    const int64_t note = ++id;
    const Fields f = c.cloze > 0 ? fields_of(c.written, "", c.explanation) : fields_of(c.question, c.answer, c.explanation);
    Statement(db, "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, 0, 0, '')")
        .bind(note).bind(c.id).bind(c.cloze > 0 ? kCloze : kBasic).bind(now / 1000).bind(tags).bind(f.joined()).bind(f.question).run();
    for (const Card& part : cards)
      Statement(db, "INSERT INTO cards VALUES (?, ?, ?, ?, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')")
          .bind(++id).bind(note).bind(deck_id).bind(static_cast<int64_t>(std::max(part.cloze, 1) - 1)).bind(now / 1000).bind(++due).run();
  }
  return db.bytes();
}

using Zip = std::unique_ptr<zip_t, void (*)(zip_t*)>;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorKind::input, str("{}: {}", path, what), "expected a package that Anki has exported (.apkg)");
}

std::string entry_of(zip_t* zip, const char* name, const std::string& path) {  // empty: there is none
  zip_stat_t info;
  if (zip_stat(zip, name, 0, &info) != 0) return "";
  if (info.size > kMostBytes) refuse(path, str("{} of {} bytes, expected at most {}", name, info.size, kMostBytes));
  std::string bytes(info.size, '\0');
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen(zip, name, 0), zip_fclose);
  if (!file || zip_fread(file.get(), bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size())) refuse(path, str("{} is damaged", name));
  return bytes;
}

std::string unpacked(const std::string& bytes, const std::string& path) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  std::string out, piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (size_t left = 1; left != 0;) {
    ZSTD_outBuffer to{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(left) || (left != 0 && in.pos == in.size && to.pos == 0)) refuse(path, "its collection is damaged");
    out.append(piece, 0, to.pos);
    if (out.size() > kMostBytes) refuse(path, str("a collection of more than {} bytes", kMostBytes));
  }
  return out;
}

// What was exported by us comes back as it was, unless somebody changed it since.
bool unchanged(const std::vector<std::string>& fields, Card& card) {
  if (fields.size() != 4 || fields[3].empty()) return false;
  try {
    const Json source = Json::parse(decoded_entities(fields[3]));
    const Fields made = fields_of(source.text("question"), source.text("answer"), source.text("explanation"));
    const auto same = [](const std::string& a, const std::string& b) { return html_to_markdown(a) == html_to_markdown(b); };
    if (!same(made.question, fields[0]) || !same(made.answer, fields[1]) || !same(made.explanation, fields[2])) return false;
    card.question = source.text("question"), card.answer = source.text("answer"), card.explanation = source.text("explanation");
    return true;
  } catch (const Error&) {
    return false;
  }
}

Card card_of(const std::vector<std::string>& fields) {
  Card card;
  if (unchanged(fields, card)) return card;
  card.question = as_line(html_to_markdown(fields[0]));
  const std::string back = fields.size() > 1 ? html_to_markdown(fields[1]) : "";
  if (card.question.find("{{c") != std::string::npos) {
    card.explanation = back;
    return card;
  }
  set_back(card, back);
  card.answer = as_line(card.answer);
  if (fields.size() > 2 && !fields[2].empty()) card.explanation += (card.explanation.empty() ? "" : "\n") + html_to_markdown(fields[2]);
  return card;
}

}  // namespace

void write_anki_package(const Deck& deck, const std::string& path) {
  const std::string collection = collection_of(deck), media = "{}";
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const target = zip_source_buffer_create(nullptr, 0, 0, &error);
  GRIM_CHECK(target, resource, "deck", "a zip file cannot be made: {}", zip_error_strerror(&error));
  zip_source_keep(target);
  zip_t* const zip = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  const auto add = [&](const char* name, const std::string& bytes) {
    zip_source_t* const s = zip_source_buffer(zip, bytes.data(), bytes.size(), 0);
    GRIM_CHECK(s && zip_file_add(zip, name, s, 0) >= 0, resource, "deck", "{} cannot be packed: {}", name, zip_strerror(zip));
  };
  add("collection.anki2", collection);
  add("media", media);
  GRIM_CHECK(zip_close(zip) == 0, resource, "deck", "the package cannot be made: {}", zip_strerror(zip));
  zip_stat_t info;
  zip_source_stat(target, &info);
  std::string bytes(info.size, '\0');
  zip_source_open(target);
  const zip_int64_t read = zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  zip_source_free(target);
  GRIM_CHECK(read == static_cast<zip_int64_t>(bytes.size()), resource, "deck", "the package cannot be read back");
  write_atomically(path, bytes);
}

Deck read_anki_package(const std::string& path) {
  const std::string file = read_file(path);
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  const Zip zip(source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr, zip_discard);
  if (!zip) refuse(path, "not a zip file");
  std::string collection = entry_of(zip.get(), "collection.anki21b", path);  // the newest; beside it lies a stub for old programs
  if (!collection.empty()) collection = unpacked(collection, path);
  if (collection.empty()) collection = entry_of(zip.get(), "collection.anki21", path);
  if (collection.empty()) collection = entry_of(zip.get(), "collection.anki2", path);
  if (collection.empty()) refuse(path, "no collection in it");
  Database db = Database::of_bytes(collection, path);

  Deck deck;
  deck.name = deck_name_of(path);
  {
    Statement version(db, "SELECT ver, decks FROM col");
    if (!version.step()) refuse(path, "an empty collection");
    int64_t id = 0;
    Statement first(db, "SELECT did FROM cards ORDER BY due, id LIMIT 1");
    if (first.step()) id = first.integer(0);
    if (version.integer(0) < 15) {
      const Json decks = Json::parse(version.text(1), path);
      if (const Json* d = decks.find(std::to_string(id))) deck.name = d->text("name"), deck.description = d->text("desc", "");
    } else {
      Statement named(db, "SELECT name FROM decks WHERE id = ?");
      named.bind(id);
      if (named.step()) deck.name = named.text(0);
      for (size_t at; (at = deck.name.find(kFieldEnd)) != std::string::npos;) deck.name.replace(at, 1, "::");
    }
  }
  Statement notes(db, "SELECT flds, tags FROM notes WHERE id IN (SELECT nid FROM cards) ORDER BY (SELECT min(due) FROM cards WHERE nid = notes.id), id");
  int64_t media = 0;
  while (notes.step()) {
    std::vector<std::string> fields(1);
    for (char c : notes.text(0)) {
      if (c == kFieldEnd) fields.emplace_back();
      else fields.back() += c;
    }
    media += media_in(notes.text(0));
    add_tags(deck, notes.text(1));
    deck.cards.push_back(card_of(fields));
  }
  if (deck.cards.empty()) refuse(path, "no cards in it");
  tell_media(deck, media);
  return as_written(std::move(deck), path);
}

}  // namespace grim::learn

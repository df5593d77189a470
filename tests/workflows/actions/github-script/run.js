// The objects that actions/github-script gives a script, as far as comments on a pull request need them.
const fs = require("fs");

const file = `${process.env.FORGE}/comments.json`;
const read = () => (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : []);
const write = (comments) => fs.writeFileSync(file, JSON.stringify(comments));

const issues = {
  listComments: async ({ issue_number }) => read().filter((comment) => comment.issue_number === issue_number),
  createComment: async ({ issue_number, body }) => {
    const comments = read();
    const user = { login: "github-actions[bot]" };
    write([...comments, { id: comments.length + 1, issue_number, body, user }]);
  },
  updateComment: async ({ comment_id, body }) => {
    write(read().map((comment) => (comment.id === comment_id ? { ...comment, body } : comment)));
  },
};
const github = { rest: { issues }, paginate: (listed, parameters) => listed(parameters) };
const [owner, repo] = process.env.GITHUB_REPOSITORY.split("/");
const payload = JSON.parse(fs.readFileSync(process.env.GITHUB_EVENT_PATH, "utf8"));
const context = { repo: { owner, repo }, payload };
const core = {
  setFailed: (message) => {
    console.log(`::error::${message}`);
    process.exitCode = 1;
  },
};

const AsyncFunction = (async () => {}).constructor;
new AsyncFunction("github", "context", "core", "require", process.env.SCRIPT)(github, context, core, require);

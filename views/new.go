package views

// NewPage is GET /: the form for a new export, and the latest jobs. It is also
// the answer to a form that could not work, with everything kept and the
// Errors beside their fields.
type NewPage struct {
	Shell
	Sources []Choice
	Chosen  bool // one of Sources; the fields below are about it

	// Of a folder.
	Folder bool
	Tree   []Branch
	Open   []string // paths of the folders that are open in Tree
	Beyond []string // ticked paths that Tree does not show, since their folder is closed
	More   bool     // the folder at the root holds more than Tree shows

	// Of a database.
	Tables  []Choice
	Columns []Column // of the table chosen
	Preview *Preview // its first rows; nil: none

	Formats []Choice // those that fit the source
	Options []Select // of the format chosen

	Key    string // sent as "idempotency_key", so that a second click starts nothing; empty: not sent
	Errors Errors
	Recent []JobRow
}

// Choice is one of several, of which one is chosen.
type Choice struct {
	Value, Title string
	Hint         string // in a few words
	Kind         string // of a source: "folder" or "database", for its picture
	Chosen       bool
}

// Branch is a file or a folder of the tree. What lies in a ticked folder comes
// along with it, ticked or not.
type Branch struct {
	Path, Name string
	Size       string // of a file
	Folder     bool
	Chosen     bool
	Open       bool // of a folder: its Children are shown
	Children   []Branch
	More       bool // it holds more than Children
}

// Column is one column of a table.
type Column struct {
	Name, Type string
	Chosen     bool
}

// Preview is the beginning of a table.
type Preview struct {
	Columns []string
	Rows    [][]string
}

// Select is an option of a format. It is sent as "options." and its Name.
type Select struct {
	Name, Title string
	Values      []Choice
}

// Errors are sentences about fields, by the names that fields have in a
// request: "source", "paths", "table", "columns", "format", "options.level";
// "" is about the whole.
type Errors map[string]string

func errorID(field string) string { return "error-" + field }

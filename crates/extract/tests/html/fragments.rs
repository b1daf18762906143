//! Pieces of markup for each clause of the standard, and what html5ever has otherwise.

use super::{agree, is_tree};

#[track_caller]
fn all_agree(fragments: &[&str]) {
    for fragment in fragments {
        agree(fragment);
        agree(&format!("<!doctype html>{fragment}"));
    }
}

#[test]
fn tags_and_attributes() {
    all_agree(&[
        "<p class=a id='b' title=\"c\">x",
        "<P CLASS=Big ID = 'b'\n title\t=\tc>x</P >",
        "<p class=a class=b CLASS=c>x",
        "<p class>x<p class=>y<p class=''>z",
        "<a href=/a/b/>x</a>",
        "<a href=a&amp;b&lt;c&copy=1&copy;&copy>x",
        "<a href='?a=1&notin=2&not=3&not;'>x",
        "<p =class=a>x",
        "<p class=a/id=b/>x",
        "<p / class=a / / id=b>x",
        "<p class='a'id='b'>x",
        "<p class=a'b\"c`d=e>x",
        "<p \"class=a>x",
        "<p class='unclosed>x",
        "<p class=\"a>b\" id=c>x",
        "<p hidden onclick='go()' style='display:none' value=3>x",
        "<p style='color:red'>x",
        "<input type=submit value='Go'><input type=text value='no'><input value=z type=BUTTON>",
        "<x-card data-src=a unknown=b>x</X-CARD>",
        "<Ünknown>x</Ünknown>",
        "<aÜ>x</aÜ>",
        "<p",
        "<p class",
        "<p class=",
        "<p class='a'",
        "</p",
        "x</p class=a>y",
        "< p>x</ p>y",
        "a<1 b<& c<",
        "a</>b",
        "a</ b>c",
        "a<>b",
        "<br/ >x<br / >y<br/>z",
        "<div/>x</div>y",
    ]);
}

#[test]
fn comments_and_declarations() {
    all_agree(&[
        "a<!-- b -->c",
        "a<!-->b-->c",
        "a<!--->b-->c",
        "a<!---->b",
        "a<!----->b",
        "a<!-- b --!>c",
        "a<!-- b --! >c-->d",
        "a<!-- b -- >c-->d",
        "a<!-- <!-- b --> c -->d",
        "a<!-- b",
        "a<!-- b --",
        "a<!-- b --!",
        "a<!",
        "a<!b>c",
        "a<!b",
        "a<?php echo '>' ?>b",
        "a<![CDATA[b]]>c",
        "a<![CDATA[<p>b</p>]]>c",
        "a</!b>c",
        "a<!DOCTYPE html>b",
        "a<!-b>c",
        "<!-- a --><p>x<!-- b --><p>y",
        "</html><!-- a --><p>x",
    ]);
}

#[test]
fn character_references() {
    all_agree(&[
        "&amp;&lt;&gt;&quot;&apos;&nbsp;",
        "&amp&lt&gt&quot&apos&nbsp",
        "&notit; &notin; &not; &noti",
        "&ampamp; &amp;amp;",
        "&CounterClockwiseContourIntegral; &NotEqualTilde; &acE;",
        "&unknown; &; & &a &ab;",
        "&#65; &#65 &#x41; &#X41 &#x; &# &#; &#x",
        "&#0; &#x80; &#x9f; &#x81; &#xd800; &#x110000; &#99999999999999;",
        "&#128;&#146;&#150;",
        "&#xfffe; &#x1f600;",
        "&Aacute &aacute; &AElig &aeligx",
        "&copy2024 &reg; &hearts; &hellip; &mdash;",
        "<title>a &amp; b &lt;p&gt; <p>c</title>",
        "<textarea>a &amp; b</textarea>c",
        "<xmp>a &amp; b</xmp>c",
        "<a title='&amp;&lt&gtx&quot;&#39;'>x</a>",
    ]);
}

#[test]
fn raw_text() {
    all_agree(&[
        "<script>a<p>b</p></script>c",
        "<script><!-- a </script> b --></script>c",
        "<script><!-- <script> a </script> b --></script>c",
        "<script><!-- <script> a --> b</script>c",
        "<script><!--><script></script>c",
        "<script><!---><script></script>c",
        "<script><!-- <scriptx> </script>a",
        "<script><!-- <script/ </script/ </script >a",
        "<script>a</scripty></SCRIPT\n>b",
        "<script>a</script",
        "<script>a</script x=y>b",
        "<script>a",
        "<style>a<!-- </style> b",
        "<style><p>a</style >b",
        "<title>a</titl></title>b",
        "<title>a",
        "<textarea>a</textarea>b",
        "<textarea>a",
        "<textarea><p>a</textareas></textarea/>b",
        "<iframe><p>a</iframe>b",
        "<noembed><p>a</noembed>b",
        "<noframes><p>a</noframes>b",
        "<noscript><p>a</noscript>b",
        "<body><noscript><p>a</noscript>b",
        "<p><xmp><p>a</xmp>b",
        "<plaintext><p>a</plaintext>b",
        "<p>a<plaintext>b &amp; </p>",
        "<script/>a</script>b",
        "<table><script>a</script><style>b</style><tr><td>c",
    ]);
}

#[test]
fn before_and_after_the_body() {
    all_agree(&[
        "",
        " ",
        "a",
        " a ",
        "<html lang=en><head><title>t</title></head><body class=b>x</body></html>",
        "<html class=a><html class=b id=c>x",
        "<body class=a><body class=b id=c>x",
        "<head class=a><head id=b>x",
        "<title>a</title>b<title>c</title>",
        "<head></head> <title>a</title> b",
        "<head></head><script>a</script><meta name=b><p>c",
        "<head><p>a</head>b",
        "<head>a",
        "<head></p><title>a",
        "</head></br>a",
        "</p>a",
        "</div>a",
        "<head></body>a",
        "<head><link rel=a><base href=b><meta name=c content=d> e",
        "<p>a</body>b<p>c</html>d<p>e",
        "<p>a</body> </html> <!-- b --> c",
        "<body></html><meta name=a>b",
        "<head></html>a",
        "<link rel=a><div>b</div><link rel=c>",
        "<html><frameset><frame src=a></frameset><noframes>b</noframes></html> c",
        "<frameset><frameset><frame></frameset> a </frameset> b",
        "<p>a<frameset>",
        "<div></div><frameset><frame>",
        " <frameset>",
        "<svg></svg><frameset>",
        "<input type=hidden><frameset><frame>",
        "<input><frameset><frame>",
        "<body><frameset><frame>",
    ]);
}

#[test]
fn paragraphs_and_blocks() {
    all_agree(&[
        "<p>a<p>b",
        "<p>a<div>b</div>c",
        "<p>a<span>b<div>c</span>d",
        "<p><button><p>a</button>b",
        "<p><object><p>a</object>b",
        "<div>a</p>b",
        "<p>a<hr>b",
        "<p>a<h1>b<h2>c</h1>d",
        "<h1>a<div>b</h2>c",
        "<h1>a<p>b</h3>c",
        "<pre>\na\n</pre>b",
        "<p>a<pre>b</pre>c",
        "<listing>\r\na</listing>b",
        "<div><section>a</div>b",
        "<article><p>a<aside>b</article>c</aside>d",
        "<center><p>a</center>b",
        "<address><p>a</address>b",
        "<form><div></form>a</div>b",
        "<form>a<form>b</form>c</form>d",
        "<form><p>a</form>b<form>c",
        "</form>a<form>b",
        "<details><summary>a<p>b</details>c",
        "<figure><figcaption>a</figure>b",
        "<dialog><p>a</dialog>b",
        "<main><p>a<main>b",
        "<marquee><p>a</marquee>b",
        "<applet><p>a</div></applet>b",
        "<button>a<button>b</button>c",
        "<br></br>a</br>b",
        "<image src=a alt=b>c",
    ]);
}

#[test]
fn lists() {
    all_agree(&[
        "<ul><li>a<li>b</ul>c",
        "<ul><li>a<ul><li>b</ul><li>c</ul>d",
        "<li>a<li>b",
        "<ul><li><div>a<li>b</div>c</ul>d",
        "<ul><li><p>a<li>b",
        "<ul><li><section>a<li>b",
        "<ul><li>a</li></li>b</ul>c",
        "<ol><li>a</ul>b</ol>c",
        "<li>a<ul></li>b</ul>c",
        "<dl><dt>a<dd>b<dt>c</dl>d",
        "<dl><dt>a<dl><dd>b</dl><dd>c",
        "<dt>a<div><dd>b",
        "<dd>a</dt>b</dd>c",
        "<ul><b><li>a</b><li>b</ul>c",
        "<ul><a><li>a</a><li>b",
        "<li><table><li>a</table>b",
        "<li><address><li>a",
    ]);
}

#[test]
fn formatting() {
    all_agree(&[
        "<b>a<i>b</b>c</i>d",
        "<p>a<b>b<p>c</b>d",
        "<b>a<div>b</b>c</div>d",
        "<b><div><p>a</b>b",
        "<a href=1>a<a href=2>b</a>c",
        "<a href=1><div>a<a href=2>b</div>c",
        "<a><table><a>b",
        "<p><a>a<p>b</a>c",
        "<b><b><b><b><p>a",
        "<p><b><b><b>a<p>b",
        "<p><b><b><b><b><b>a<p>b",
        "<p><b class=a><b class=a><b class=a><b class=a>a<p>b",
        "<p><b x=1 y=2><b y=2 x=1><b x=1 y=2><b y='2' x=1 x=3>a<p>b",
        "<p><b x=1><b x=2><b x=3><b x=4>a<p>b",
        "<p><b x=1><b X=1><b x=1 ><b x=1/>a<p>b",
        "<p><font color=a><font color=a><font size=1><font color=a><font color=a>a<p>b",
        "<p><b><b><table><td><b><b><b><b>a</table>b<p>c",
        "<p><b><i><u><s>a<p>b</s>c</u>d</i>e</b>f",
        "<b><i><u><s><p>a</b>b",
        "<a><b><i><u><div>x</a>y",
        "<nobr>a<nobr>b</nobr>c",
        "<nobr><div>a<nobr>b",
        "<b><object>a</b>b</object>c",
        "<b><button>a</b>b</button>c",
        "<b><li>a</b><li>b",
        "<i>a<blockquote>b</i>c<p>d",
        "<em><h1>a</em></h1>b",
        "<code><pre>a</code></pre>b",
        "<strong><p>a</strong><p>b",
        "</b>a</i>b",
        "<b></p>a",
        "<a><p></a></p>x<p>y",
        "<b><em><dd>a</b><dd>b",
        "<small><div><small><div>a</small>b</small>c",
        "<tt><p></tt><tt><p></tt>a",
        "<span><b>a</span>b</b>c",
        "<b><x-card><p>a</b>b</x-card>c",
        "<p><b><a>x</p>y<div>z</b></div></a>w",
        "<a><b><div><a>x",
    ]);
    // The agency gives up at the eighth block, so that the order of the list shows.
    for depth in 7..11 {
        let (starts, ends) = ("<div>".repeat(depth), "</div>".repeat(depth));
        agree(&format!("<b><i>{starts}x</b>{ends}y"));
        agree(&format!("<b><i><u>{starts}x</b>y</i>{ends}z"));
    }
}

#[test]
fn tables() {
    all_agree(&[
        "<table><tr><td>a<td>b<tr><td>c</table>d",
        "<table><td>a</table>b",
        "<table>a<tr>b<td>c</td>d</tr>e</table>f",
        "<table> <tr> <td> a </table>",
        "<table> a <tr>",
        "<table><p>a<tr><td>b</table>c",
        "<table><a href=1>a<tr><td>b</table>c",
        "<table><b>a<tr><td>b<tr>c</table>d",
        "<p>a<table><tr><td>b</table>c",
        "<table><caption>a<b>b</caption><tr><td>c</table>d",
        "<table><caption>a<tr><td>b",
        "<table><caption><p>a</table>b",
        "<table><colgroup><col><col><tr><td>a",
        "<table><col>a<tr><td>b",
        "<table><colgroup>a<tr>",
        "<table><colgroup> <template>x</template><p>a",
        "<table><thead><tr><th>a<tbody><tr><td>b<tfoot><tr><td>c</table>d",
        "<table><tbody></thead></tbody><tr>a",
        "<table><tr><td><table><tr><td>a</table>b</table>c",
        "<table><table>a</table>b",
        "<table><tr><table>a",
        "<table><td></tr>a</td>b",
        "<table><td></tbody>a",
        "<table><td></table>a",
        "<table><td><b>a</td><td>b",
        "<table><tr></td></th>a",
        "<table></tr></td></body></html>a</table>b",
        "<table><form><input type=hidden name=a><input name=b><tr><td>c</form>d</table>e",
        "<table><input type=HIDDEN><tr>",
        "<table><select><option>a<tr><td>b</table>c",
        "<table><tr><select><td>a",
        "<table><div><tr><td>a</div>b</table>c</div>d",
        "<table><li>a<li>b<tr><td>c",
        "<table><h1>a<tr><td>b</h1>c",
        "<table><br><hr><img src=a><tr><td>b",
        "<table><svg><desc><p>a<tr><td>b",
        "<div><table><p>a</div>b<td>c",
        "<b><table><td>a</b>b</table>c",
        "<a><table><tr><td><a>b</table>c",
        "<td>a<tr>b<tbody>c",
        "<table><tr><td>a</caption>b</colgroup>c",
        "<table>&nbsp;<tr>",
        "<table>&#32;<tr>",
        "<table><!-- a --> <tr> b <!-- c --> ",
        "<table><tbody><template><tr><td>a</template></table>b",
    ]);
}

#[test]
fn quirks_let_tables_into_paragraphs() {
    for doctype in [
        "<!doctype html>",
        "<!DOCTYPE HTML >",
        "<!doctype>",
        "<!doctype htm>",
        "<!doctype html public>",
        "<!doctype html SYSTEM 'about:legacy-compat'>",
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">",
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">",
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" \"http://www.w3.org/TR/html4/loose.dtd\">",
        "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Transitional//EN' 'http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd'>",
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">",
        "<!DOCTYPE html PUBLIC \"-//IETF//DTD HTML//EN\">",
        "<!DOCTYPE html PUBLIC \"html\">",
        "<!DOCTYPE html PUBLIC \"unclosed>",
        "<!DOCTYPE html SYSTEM \"http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd\">",
        "<!DOCTYPE html nonsense>",
        "<!DOCTYPE html PUBLIC\"\"\"\">",
        "<!-- a --><!doctype html>",
        " \n<!doctype html>",
        "a<!doctype html>",
        "",
    ] {
        agree(&format!("{doctype}<p>a<table><tr><td>b</table>c"));
    }
}

#[test]
fn selects_ruby_and_templates() {
    all_agree(&[
        "<select><option>a<option>b</select>c",
        "<select><optgroup><option>a<optgroup><option>b</select>c",
        "<select><option>a<p>b</select>c",
        "<select><option>a<hr><option>b<optgroup><hr></select>c",
        "<select>a<select>b<select>c",
        "<select>a<input>b",
        "<select>a<textarea>b</textarea>c</select>d",
        "<select><div><option>a</div>b</select>c",
        "<select><b>a</select>b",
        "<p>a<select><p>b</select>c",
        "<option>a<option>b<optgroup>c",
        "<select></option></optgroup></p>a",
        "<ruby>a<rt>b<rp>c<rb>d<rtc>e<rt>f</ruby>g",
        "<ruby><p>a<rt>b",
        "<rt>a<rt>b",
        "<template><p>a</template>b",
        "<template><td>a</td></template>b",
        "<template><tr><td>a</template>b",
        "<template><col><p>a</template>b",
        "<template><caption>a<div>b</template>c",
        "<template>a<template>b</template>c",
        "<template><p>a",
        "<template><b>a</template>b",
        "<b><template><p>a</b>b</template>c",
        "<div><template></div>a</template>b",
        "</template>a",
        "<template></p></div>a</template>b",
        "<head><template><title>a</title></template></head>b",
        "<head></head><template>a</template>b",
        "<template><form><form>a</template><form>b",
        "<template><html class=a><body class=b>c</template>d",
        "<template><frameset></template>a",
    ]);
}

#[test]
fn drawings_and_formulas() {
    all_agree(&[
        "a<svg><path d='M0'/><text>b</text></svg>c",
        "a<svg/>b",
        "a<svg><g/>b</svg>c",
        "<svg><p>a",
        "<svg><g><div>a</svg>b",
        "<svg><foreignObject><p>a</foreignObject></svg>b",
        "<svg><foreignObject><p>a</svg>b",
        "<svg><desc><div>a</div></desc></svg>b",
        "<svg><title>a<p>b</title></svg>c",
        "<svg><title></svg>a",
        "<svg><style>a</style><script>b</script></svg>c",
        "<svg><style><p>a",
        "<svg><![CDATA[ <p>a ]]></svg>b",
        "<svg><![CDATA[a",
        "<svg><font>a</font></svg>b",
        "<svg><font color=red>a",
        "<svg><font face=a>a",
        "<svg></p>a",
        "<svg></br>a",
        "<p><svg></p>a",
        "<div><svg><g></div>a",
        "<svg><G></g>a</SVG>b",
        "<svg><a><path></a>b</svg>c",
        "<svg><image><image/></svg>a",
        "<svg><svg></svg>a</svg>b",
        "<svg><x-a></X-A></svg>b",
        "<svg><foreignObject><svg><p>a",
        "<svg><foreignObject><table>a<td>b</svg>c",
        "<svg><desc><b>a</svg>b",
        "<b><svg></b>a",
        "<table><tr><td><svg><g></td>a",
        "<math><mi>a</mi></math>b",
        "<math><mi><p>a</math>b",
        "<math><mo><mglyph><p>a",
        "<math><mtext><b>a</math>b",
        "<math><mi><svg></math>a",
        "<math><annotation-xml><svg><desc><p>a</math>b",
        "<math><annotation-xml><p>a",
        "<math><annotation>a</annotation></math>b",
        "<math><ms><select><option>a</math>b",
        "<math/>a",
        "<math><math></math>a</math>b",
        "<math><title>a</title></math>b",
        "<math><foreignObject><p>a",
    ]);
}

#[test]
fn nuls() {
    all_agree(&[
        "a\0b",
        "\0",
        " \0 ",
        "<p\0>a",
        "<x\0y>a</x\0y>b",
        "<p class=a\0b>c",
        "<title>a\0b</title>",
        "<xmp>a\0b</xmp>",
        "<plaintext>a\0b",
        "<table>\0<tr>\0<td>a\0",
        "<table>\0a<tr>",
        "<table><col>\0<col>",
        "<svg>\0</svg>a",
        "</body>\0a",
        "&am\0p; &#6\0;",
        "<!-- \0 -->a",
    ]);
}

// What html5ever has otherwise than the standard.

#[test]
fn foreign_elements_where_html_begins_are_special() {
    is_tree("<ul><li><svg><desc><li>a</ul>b", "ul[li[svg]]");
    is_tree("<x-a><svg><desc></x-a>a", "x-a[svg]");
    is_tree("<x-a><math><mi></x-a></math>a", "x-a[math \"a\"]");
}

#[test]
fn annotations_that_say_so_hold_html() {
    is_tree("<math><annotation-xml encoding=text/html><p>a</p></annotation-xml></math>b", "math \"b\"");
    is_tree("<math><annotation-xml encoding='Application/XHTML+xml'><p>a</p></math>b", "math \"b\"");
    is_tree("<math><annotation-xml encoding=text/plain><p>a", "math p[\"a\"]");
}

#[test]
fn search_is_special_and_isindex_is_not() {
    is_tree("<b><search>a</b>b", "b search[b[\"a\"] \"b\"]");
    is_tree("<rb><isindex>a</rb>b", "rb[isindex[\"a\"]] \"b\"");
}

#[test]
fn templates_hold_parts_of_tables() {
    is_tree("<body><template><tr><i>a</tr> <td>", "template[tr i[\"a\"] \" \" tr[td]]");
    is_tree("<body><template><thead><tr><col>a", "template[thead[tr] colgroup[col] \"a\"]");
}

#[test]
fn a_doctype_parts_the_text_of_a_table() {
    is_tree("<table>a<!doctype html> <tr>", "\"a\" table[\" \" tbody[tr]]");
}

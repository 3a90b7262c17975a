filedesc://article.arc 0.0.0.0 20240505000000 text/plain 67
1 0 Daily
URL IP-address Archive-date Content-type Archive-length


https://daily.example/2024/05/03/bridge 127.0.0.1 20240505000000 text/html 1201
HTTP/1.1 200 OK
Content-Type: text/html; charset=utf-8

<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Harbour bridge reopens after two years of repairs | The Daily Example</title>
<link rel="canonical" href="https://daily.example/2024/05/03/bridge"><meta name="author" content="Ann Example">
<meta property="article:published_time" content="2024-05-03T00:00:00Z"><meta property="og:site_name" content="The Daily Example">
<meta property="article:modified_time" content="2024-05-04T00:00:00Z">
<meta property="article:section" content="Local">
</head>
<body><nav><a href="/">Home</a></nav><article><h1>Harbour bridge reopens after two years of repairs</h1><p>The harbour bridge, closed since a ship struck its eastern pier, opened to traffic again on Friday morning.</p><p>“Nobody missed the detour,” said the harbour master, who had counted 14,000 lorries a week on the coast road.</p><p>Repairs took two years and cost €48 million, a third more than the port had planned, its annual report says.</p><p>The port expects the first container trains to cross on Monday, once the signals have passed their last test.</p></article>
<footer>© The Daily</footer></body></html>

